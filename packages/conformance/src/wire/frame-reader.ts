/**
 * Splits a byte stream into whole frames, without judging them. Keeps what is left until more arrives.
 * Holds at most what the length field of one frame announces (16 MiB).
 */
import { HEADER_BYTES, type Frame } from './frame.ts'

export class FrameReader {
  #chunks: Buffer[] = []
  #size = 0

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
    this.#chunks.push(chunk)
    this.#size += chunk.length
    if (this.#size < this.#needed) return []
    const bytes = this.#joined()
    const frames: Frame[] = []
    let at = 0
    for (;;) {
      if (bytes.length - at < HEADER_BYTES) {
        this.#needed = HEADER_BYTES
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

  #needed = HEADER_BYTES

  #joined(): Buffer {
    if (this.#chunks.length > 1) this.#chunks = [Buffer.concat(this.#chunks)]
    return this.#chunks[0] ?? Buffer.alloc(0)
  }
}
