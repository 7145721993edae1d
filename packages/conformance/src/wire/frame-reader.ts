/**
 * Splits a byte stream into whole frames. Keeps what is left until more arrives: at most what the length field of one frame
 * announces (16 MiB), and nothing behind a header that is broken. Judges headers only when it is given a rule for them.
 */
import { HEADER_BYTES, type Frame } from './frame.ts'

/** Tells what is wrong with a frame from its first bytes, as many as have come, or nothing. */
export type HeaderRule = (begun: Buffer) => string | undefined

export class FrameReader {
  /** What is wrong with the header at which reading has stopped. */
  broken: string | undefined
  #chunks: Buffer[] = []
  #size = 0
  readonly #rule: HeaderRule | undefined
  #needed: number

  /** With a rule, reading stops for good at the first header that breaks it, at its first or its eighth byte. */
  constructor(rule?: HeaderRule) {
    this.#rule = rule
    this.#needed = rule === undefined ? HEADER_BYTES : 1
  }

  /** Bytes of a frame that has begun and is not whole. */
  get pendingBytes(): number {
    return this.#size
  }

  /** The bytes of the unfinished frame. */
  pending(): Buffer {
    return this.#joined()
  }

  /** Takes a chunk and returns the frames that are now whole. */
  push(chunk: Buffer): Frame[] {
    if (this.broken !== undefined) return []
    this.#chunks.push(chunk)
    this.#size += chunk.length
    if (this.#size < this.#needed) return []
    const bytes = this.#joined()
    const frames: Frame[] = []
    let at = 0
    for (;;) {
      this.broken = at < bytes.length ? this.#rule?.(bytes.subarray(at)) : undefined
      if (this.broken !== undefined) break
      if (bytes.length - at < HEADER_BYTES) {
        this.#needed = this.#rule !== undefined && at === bytes.length ? 1 : HEADER_BYTES
        break
      }
      const length = bytes.readUIntBE(at, 3)
      if (bytes.length - at < HEADER_BYTES + length) {
        this.#needed = HEADER_BYTES + length
        break
      }
      const end = at + HEADER_BYTES + length
      frames.push({
        type: bytes.readUInt8(at + 3),
        id: bytes.readUInt32BE(at + 4),
        payload: bytes.subarray(at + HEADER_BYTES, end),
      })
      at = end
    }
    this.#chunks = at === bytes.length ? [] : [bytes.subarray(at)]
    this.#size = bytes.length - at
    return frames
  }

  #joined(): Buffer {
    if (this.#chunks.length > 1) this.#chunks = [Buffer.concat(this.#chunks)]
    return this.#chunks[0] ?? Buffer.alloc(0)
  }
}
