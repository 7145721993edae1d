/**
 * A model of a server with the default greeter, written by hand from the prose of the specification: given all bytes of
 * a client that then sends FIN, it predicts everything that comes back. Knows nothing of time, drains or other greeters.
 */
import { isUtf8 } from 'node:buffer'
import { check } from '../../wire/failure.ts'
import {
  Code,
  DEFAULT_MAX_PAYLOAD,
  FrameType,
  HEADER_BYTES,
  isTerminal,
  MAX_PAYLOAD_CAP,
  readError,
  type CodeName,
  type Frame,
  type Welcome,
} from '../../wire/frame.ts'
import { describeFrame } from '../../wire/frame-text.ts'
import type { RawPeer } from '../../wire/raw-peer.ts'
import { checkGreeting, checkRequestError } from '../expect.ts'

export type Answer = { readonly greets: Buffer } | { readonly code: CodeName; readonly detail: number }

export interface Prediction {
  readonly terminals: ReadonlyMap<number, Answer>
  readonly pongs: readonly number[]
  readonly welcomes: number
  /** Requests that a CANCEL may have reached in time: CANCELLED is allowed in place of their greeting. */
  readonly cancelled: ReadonlySet<number>
  readonly fatal: { readonly code: CodeName; readonly detail: number } | undefined
}

/** What came back, as far as every right server sends the same. */
export interface Outcome {
  /** What each request came to, by id; of one that was cancelled only that it was answered. */
  readonly terminals: readonly string[]
  readonly pongs: readonly number[]
  readonly fatal: string | undefined
}

/** Predicts what a server with these limits answers to these bytes and a FIN behind them. */
export function predict(bytes: Buffer, limits: Welcome): Prediction {
  const model = new Model(limits)
  let at = 0
  while (at < bytes.length && model.fatal === undefined) {
    const rest = bytes.subarray(at)
    const length = rest.length >= HEADER_BYTES ? rest.readUIntBE(0, 3) : 0
    model.header(rest)
    if (model.fatal !== undefined) break
    if (rest.length < HEADER_BYTES + length) {
      model.fail('PROTOCOL_VIOLATION')
      break
    }
    model.payload(rest.readUInt8(3), rest.readUInt32BE(4), rest.subarray(HEADER_BYTES, HEADER_BYTES + length))
    at += HEADER_BYTES + length
  }
  return model
}

/** Reads the connection to its end, compares it with the prediction, and returns what it read. */
export async function expectPredicted(peer: RawPeer, prediction: Prediction): Promise<Outcome> {
  const seen = new Map<number, Frame>()
  const pongs: number[] = []
  let welcomes = 0
  let fatal: Frame | undefined
  for (;;) {
    const frame = await peer.nextOrEnd('the predicted answers and FIN')
    if (frame === 'fin') break
    check(frame !== 'reset', 'expected the predicted answers and FIN, got a reset')
    if (isTerminal(frame)) seen.set(frame.id, frame)
    else if (frame.type === FrameType.PONG) pongs.push(frame.id)
    else if (frame.type === FrameType.WELCOME) welcomes += 1
    else if (frame.type === FrameType.ERROR) fatal = frame
    else check(false, `got ${describeFrame(frame)}, which nothing asked for`)
  }
  compareFatal(fatal, prediction.fatal)
  check(welcomes === prediction.welcomes, `expected ${prediction.welcomes} WELCOME, got ${welcomes}`)
  check(
    pongs.join() === prediction.pongs.join(),
    `expected PONGs ${prediction.pongs.join() || 'none'}, got ${pongs.join() || 'none'}`,
  )
  for (const [id, answer] of prediction.terminals) {
    const frame = seen.get(id)
    check(frame !== undefined, `expected an answer to request ${id}, got none`)
    const wasCancelled =
      prediction.cancelled.has(id) && readError(frame)?.code === Code.CANCELLED && frame.type === FrameType.ERROR
    if (wasCancelled) continue
    if ('greets' in answer) checkGreeting(frame, answer.greets)
    else checkRequestError(frame, id, answer.code, answer.detail)
  }
  for (const id of seen.keys())
    check(
      prediction.terminals.has(id),
      `got an answer to ${id}, which was never taken: ${describeFrame(seen.get(id)!)}`,
    )
  return {
    terminals: [...seen.values()]
      .toSorted((a, b) => a.id - b.id)
      .map((frame) => `${frame.id} ${prediction.cancelled.has(frame.id) ? 'after CANCEL' : essence(frame)}`),
    pongs,
    fatal: fatal && essence(fatal),
  }
}

/** A frame without its message, in which servers may differ. */
function essence(frame: Frame): string {
  const fields = frame.type === FrameType.ERROR ? readError(frame) : undefined
  return fields === undefined ? frame.payload.toString('hex') : `ERROR ${fields.code} ${fields.detail}`
}

class Model implements Prediction {
  readonly terminals = new Map<number, Answer>()
  readonly pongs: number[] = []
  readonly cancelled = new Set<number>()
  welcomes = 0
  fatal: Prediction['fatal']
  #last = 0
  #open = false
  #clientMax = DEFAULT_MAX_PAYLOAD
  readonly #limits: Welcome

  constructor(limits: Welcome) {
    this.#limits = limits
  }

  fail(code: CodeName, detail = 0): void {
    this.fatal = { code, detail }
  }

  /** Section 5.3, the header: length, type, then all else. */
  header(rest: Buffer): void {
    const limit = this.welcomes > 0 ? this.#limits.maxPayload : DEFAULT_MAX_PAYLOAD
    if (rest.length > 0 && rest[0] !== 0) return this.fail('PAYLOAD_TOO_LARGE', limit)
    if (rest.length < HEADER_BYTES) return this.fail('PROTOCOL_VIOLATION')
    const length = rest.readUIntBE(0, 3)
    const type = rest.readUInt8(3)
    const id = rest.readUInt32BE(4)
    if (length > limit) return this.fail('PAYLOAD_TOO_LARGE', limit)
    if (type >= 0x80) return undefined
    if (type === 0 || type > FrameType.GOODBYE) return this.fail('UNKNOWN_TYPE')
    if (!this.#mayCome(type, id, length)) this.fail('PROTOCOL_VIOLATION')
  }

  payload(type: number, id: number, payload: Buffer): void {
    if (type === FrameType.HELLO) this.#hello(payload)
    if (type === FrameType.PING) this.pongs.push(id)
    if (type === FrameType.CANCEL) this.cancelled.add(id)
    if (type !== FrameType.NAME) return
    this.#open = true
    this.#last = id
    this.terminals.set(id, this.#answerTo(payload))
  }

  #mayCome(type: number, id: number, length: number): boolean {
    if (type === FrameType.HELLO) return !this.#open && id === 0 && length >= 8 && length <= 263
    if (type === FrameType.NAME) return id > this.#last
    if (type === FrameType.PING) return length === 0
    return type === FrameType.CANCEL && length === 0 && id > 0 && id <= this.#last
  }

  #hello(payload: Buffer): void {
    const min = payload.readUInt16BE(0)
    const max = payload.readUInt16BE(2)
    const maxPayload = payload.readUInt32BE(4)
    if (min === 0 || min > max) return this.fail('PROTOCOL_VIOLATION')
    if (min > 1) return this.fail('UNSUPPORTED_VERSION', 0x0001_0001)
    if (maxPayload < DEFAULT_MAX_PAYLOAD || !isCleanText(payload.subarray(8))) return this.fail('PROTOCOL_VIOLATION')
    this.#clientMax = Math.min(maxPayload, MAX_PAYLOAD_CAP)
    this.#open = true
    this.welcomes = 1
  }

  #answerTo(name: Buffer): Answer {
    if (name.length > this.#limits.maxName) return { code: 'NAME_TOO_LONG', detail: this.#limits.maxName }
    if (name.length === 0 || !isCleanText(name)) return { code: 'INVALID_NAME', detail: 0 }
    return name.length + 6 > this.#clientMax ? { code: 'GREETING_TOO_LONG', detail: this.#clientMax } : { greets: name }
  }
}

function compareFatal(frame: Frame | undefined, wanted: Prediction['fatal']): void {
  if (wanted === undefined)
    return check(frame === undefined, () => `expected no ERROR with id 0, got ${describeFrame(frame!)}`)
  const text = `ERROR id=0 ${wanted.code} detail=${wanted.detail}`
  check(frame !== undefined, `expected ${text}, got FIN without it`)
  const fields = readError(frame)
  check(
    fields?.code === Code[wanted.code] && fields.detail === wanted.detail,
    () => `expected ${text}, got ${describeFrame(frame)}`,
  )
}

function isCleanText(bytes: Buffer): boolean {
  return isUtf8(bytes) && !/\p{Cc}/u.test(bytes.toString('utf8'))
}
