/** Judges the next frame in the bytes at hand: header first, in the order of the specification, then waits for its payload. */
import { Code, DEFAULT_MAX_PAYLOAD, FrameType, HEADER_BYTES, type CodeName, type Frame } from '../../src/wire/frame.ts'
import type { Has } from './bugs.ts'

export type Judgement =
  | { readonly kind: 'more' }
  | { readonly kind: 'stop' }
  | { readonly kind: 'violation'; readonly code: CodeName; readonly detail: number; readonly id: number }
  | { readonly kind: 'skip'; readonly size: number; readonly id: number }
  | { readonly kind: 'frame'; readonly frame: Frame; readonly size: number }

/** What the rules of a header depend on. */
export interface HeaderView {
  readonly draining: boolean
  readonly helloAllowed: boolean
  /** Highest NAME id seen. */
  readonly last: number
  /** Our maxPayload, as in force now. */
  readonly limit: number
  /** True when no place in flight is free. */
  readonly full: boolean
}

export function judgeNext(bytes: Buffer, view: HeaderView, has: Has): Judgement {
  const late =
    has('no-max-check') || has('check-after-buffering') || has('length-little-endian') || has('order-of-checks')
  const tooLarge: Judgement = { kind: 'violation', code: 'PAYLOAD_TOO_LARGE', detail: view.limit, id: 0 }
  if (bytes.length > 0 && bytes[0] !== 0 && !late)
    return has('first-byte-detail') ? { ...tooLarge, detail: DEFAULT_MAX_PAYLOAD } : tooLarge
  if (bytes.length < HEADER_BYTES) return { kind: 'more' }
  const announced = has('length-little-endian') ? bytes.readUIntLE(0, 3) : bytes.readUIntBE(0, 3)
  const length = has('length-includes-header') ? Math.max(0, announced - HEADER_BYTES) : announced
  const type = bytes.readUInt8(3)
  const id = readId(bytes, has)
  const size = HEADER_BYTES + length
  const limit = view.limit + (has('max-off-by-one') ? 1 : has('limit-exclusive') ? -1 : 0)
  const isTooLarge = length > limit && !has('no-max-check')
  const unknown = type < 0x80 && !assigned.has(type) && !has('skip-unknown-critical')
  const unknownType: Judgement = { kind: 'violation', code: 'UNKNOWN_TYPE', detail: 0, id }
  if (has('order-of-checks') && unknown) return unknownType
  if (isTooLarge && !has('check-after-buffering')) return tooLarge
  if (unknown) return unknownType
  if (type >= 0x80 && has('close-on-ignorable')) return unknownType
  const broken = type < 0x80 && assigned.has(type) ? brokenHeader(type, id, length, view, has) : undefined
  const mustWait = type === FrameType.NAME || has('stop-blocks-cancel')
  const stops = view.full && mustWait && (!view.draining || has('stop-outlives-goodbye'))
  if (stops && has('stop-before-id-check')) return { kind: 'stop' }
  if (broken !== undefined) return { kind: 'violation', code: broken, detail: 0, id }
  if (stops) return { kind: 'stop' }
  const early = has('judge-payload-early') && type === FrameType.NAME && bytes.length > HEADER_BYTES
  if (bytes.length < size)
    return early
      ? { kind: 'frame', size: bytes.length, frame: { type, id, payload: bytes.subarray(HEADER_BYTES) } }
      : { kind: 'more' }
  if (isTooLarge) return tooLarge
  if (!fromClient.has(type)) return { kind: 'skip', size, id }
  return { kind: 'frame', size, frame: { type, id, payload: bytes.subarray(HEADER_BYTES, size) } }
}

function brokenHeader(type: number, id: number, length: number, view: HeaderView, has: Has): CodeName | undefined {
  const violation = 'PROTOCOL_VIOLATION' as const
  switch (type) {
    case FrameType.HELLO:
      if (view.draining) return has('hello-in-draining') ? violation : undefined
      if (!view.helloAllowed) return violation
      if (id !== 0 && !has('hello-id-ignored')) return violation
      return length < 8 || length > 8 + 255 ? violation : undefined
    case FrameType.NAME:
      if (id === 0) return has('allow-zero') ? undefined : violation
      return id <= view.last && !has('allow-repeat') ? violation : undefined
    case FrameType.PING:
      return length > 0 && !has('payload-ignored') ? violation : undefined
    case FrameType.CANCEL:
      if (length > 0 && !has('payload-ignored')) return violation
      if (has('cancel-future-ignored')) return undefined
      return id === 0 || id > view.last ? violation : undefined
    default:
      return has('wrong-direction-ok') ? undefined : violation
  }
}

function readId(bytes: Buffer, has: Has): number {
  if (has('id-signed')) return bytes.readInt32BE(4)
  const id = bytes.readUInt32BE(4)
  return has('id-16bit') ? id & 0xffff : id
}

const assigned = new Set<number>(Object.values(FrameType))
const fromClient = new Set<number>([FrameType.HELLO, FrameType.NAME, FrameType.PING, FrameType.CANCEL])

/** The number of a code; a server with `wrong-code` knows only one. */
export function codeNumber(code: CodeName, has: Has): number {
  return Code[has('wrong-code') && Code[code] < 0x0080 ? 'PROTOCOL_VIOLATION' : code]
}
