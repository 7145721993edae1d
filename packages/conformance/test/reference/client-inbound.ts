/** Judges what the server sends: header rules in order, then fields. Knows no requests. */
import { isUtf8 } from 'node:buffer'
import * as wire from '../../src/wire/frame.ts'
import type { Frame } from '../../src/wire/frame.ts'
import type { HasClientBug } from './client-bugs.ts'

export class Violation extends Error {}

const lengths = new Map<number, [number, number]>([
  [wire.FrameType.WELCOME, [16, 271]],
  [wire.FrameType.GREETING, [0, 65_535]],
  [wire.FrameType.ERROR, [6, 1_030]],
  [wire.FrameType.PONG, [0, 0]],
  [wire.FrameType.GOODBYE, [2, 1_026]],
])

/** Splits received bytes into frames that may be looked at; throws `Violation` at the first header that is wrong. */
export class Inbound {
  readonly #has: HasClientBug
  readonly #limit: number
  #kept: Buffer = Buffer.alloc(0)

  constructor(limit: number, has: HasClientBug) {
    this.#limit = limit
    this.#has = has
  }

  /** True inside a frame. */
  get begun(): boolean {
    return this.#kept.length > 0
  }

  *push(chunk: Buffer): Generator<Frame> {
    this.#kept = Buffer.concat([this.#kept, chunk])
    for (;;) {
      if (
        this.#kept.length > 0 &&
        this.#kept[0] !== 0 &&
        !this.#has('no-length-limit') &&
        !this.#has('length-little-endian')
      )
        throw new Violation('another protocol')
      if (this.#kept.length < wire.HEADER_BYTES) break
      const length = this.#has('length-little-endian') ? this.#kept.readUIntLE(0, 3) : this.#kept.readUIntBE(0, 3)
      const type = this.#kept.readUInt8(3)
      this.#judgeHeader(type, length)
      const size = wire.HEADER_BYTES + length
      if (this.#kept.length < size) break
      const frame = { type, id: this.#kept.readUInt32BE(4), payload: this.#kept.subarray(wire.HEADER_BYTES, size) }
      this.#kept = this.#kept.subarray(size)
      if (lengths.has(type) || (type === 0x8a && this.#has('grease-has-meaning'))) yield frame
      if (this.#has('one-frame-per-read')) return
    }
    if (this.#has('drop-tail-on-split')) this.#kept = Buffer.alloc(0)
  }

  #judgeHeader(type: number, length: number): void {
    const limit = this.#limit - (this.#has('max-off-by-one') ? 1 : 0)
    if (length > limit && !this.#has('no-length-limit')) throw new Violation(`a payload of ${length} bytes`)
    if (type >= 0x80) {
      if (this.#has('close-on-ignorable')) throw new Violation(`type ${type}`)
      return
    }
    const range = lengths.get(type)
    const fromClient = [wire.FrameType.HELLO, wire.FrameType.NAME, wire.FrameType.PING, wire.FrameType.CANCEL].includes(
      type as 1,
    )
    if (fromClient && this.#has('wrong-direction-ok')) return
    if (!range) {
      if (this.#has('skip-critical') && !fromClient) return
      throw new Violation(`type ${type}`)
    }
    const short = type === wire.FrameType.ERROR && this.#has('short-error-ok')
    if (length < range[0] && !short) throw new Violation(`type ${type} with ${length} bytes`)
    if (length > range[1]) throw new Violation(`type ${type} with ${length} bytes`)
  }
}

/** Reads a greeting, byte for byte. */
export function readGreeting(payload: Buffer, has: HasClientBug): string {
  if (!isUtf8(payload) && !has('lossy-greeting')) throw new Violation('a greeting that is not UTF-8')
  const text = has('greeting-strip-bom') ? new TextDecoder().decode(payload) : payload.toString('utf8')
  return has('greeting-trim') ? text.trim() : text
}

/** Checks the limits of a WELCOME. */
export function checkWelcome(frame: Frame, has: HasClientBug): wire.Welcome {
  const fields = wire.readWelcome(frame)!
  if (has('agent-is-fatal') && !isUtf8(fields.agent)) throw new Violation('a bad agent')
  if (frame.id !== 0 && !has('welcome-id-ok')) throw new Violation('a WELCOME with an id')
  if (fields.version !== 1 && !has('accept-unoffered-version'))
    throw new Violation(`version ${fields.version} was not offered`)
  const { maxName, maxPayload, maxInFlight } = fields
  const sane = maxName >= 1 && maxName <= maxPayload && maxPayload >= 4_096 && maxPayload <= 65_535 && maxInFlight >= 1
  if (!sane && !has('accept-insane-limits')) throw new Violation('limits that cannot be')
  return fields
}
