/** Judges the contents of a HELLO, in field order. */
import { DEFAULT_MAX_PAYLOAD, MAX_PAYLOAD_CAP, type CodeName } from '../../src/wire/frame.ts'
import type { Has } from './bugs.ts'
import { isCleanText } from './name-text.ts'

/** What the server keeps of a HELLO. */
export interface TakenHello {
  readonly maxPayload: number
  readonly maxVersion: number
}

export function judgeHello(payload: Buffer, has: Has): TakenHello | { code: CodeName; detail: number } {
  const min = payload.readUInt16BE(0)
  const max = payload.readUInt16BE(2)
  const maxPayload = payload.readUInt32BE(4)
  const violation = { code: 'PROTOCOL_VIOLATION', detail: 0 } as const
  if (has('agent-first') && !isCleanText(payload.subarray(8))) return violation
  if ((min === 0 || min > max) && !has('version-zero-ok')) return violation
  if (min > 1 && !has('version-unchecked')) return { code: 'UNSUPPORTED_VERSION', detail: (1 << 16) | 1 }
  if (maxPayload < DEFAULT_MAX_PAYLOAD && !has('floor-unchecked')) return violation
  if (maxPayload > MAX_PAYLOAD_CAP && has('cap-unclamped')) return violation
  if (!isCleanText(payload.subarray(8)) && !has('agent-unchecked')) return violation
  return { maxPayload: Math.min(MAX_PAYLOAD_CAP, maxPayload), maxVersion: max }
}
