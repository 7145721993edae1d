/**
 * The received bytes that are not judged yet, always in one piece.
 *
 * A chunk that arrives while nothing is kept is used in place, without a copy. A chunk that arrives behind kept bytes is
 * appended to a buffer that doubles, so a frame delivered byte by byte costs linear time, and memory follows what arrived, never
 * what a header announced.
 */

const NO_BYTES = new Uint8Array(0)

/** @internal */
export class KeptBytes {
  /** Valid from `start` to `end`. */
  bytes: Uint8Array = NO_BYTES
  start = 0
  end = 0
  /** Whether `bytes` is ours to write behind `end`, and not somebody's chunk. */
  #owned = false

  get length(): number {
    return this.end - this.start
  }

  /** Adds a chunk. The caller must not change the chunk afterwards. */
  append(chunk: Uint8Array): void {
    if (this.start === this.end) {
      this.bytes = chunk
      this.start = 0
      this.end = chunk.length
      this.#owned = false
      return
    }
    const needed = this.length + chunk.length
    if (!this.#owned || this.end + chunk.length > this.bytes.length) this.#makeRoom(needed)
    this.bytes.set(chunk, this.end)
    this.end += chunk.length
  }

  #makeRoom(needed: number): void {
    // Always a new buffer: frames that were read are views of the old one, and stay valid for whoever holds them.
    const target = new Uint8Array(needed * 2)
    const { length } = this
    target.set(this.bytes.subarray(this.start, this.end))
    this.bytes = target
    this.start = 0
    this.end = length
    this.#owned = true
  }

  /** Moves past `count` bytes; lets go of the buffer when nothing is left. */
  consume(count: number): void {
    this.start += count
    if (this.start === this.end) this.clear()
  }

  /** Copies a small rest out of a large piece, so that a few bytes of a slow peer do not hold all of it in memory. */
  release(): void {
    if (this.length > 0 && this.length * 4 < this.bytes.length) this.#makeRoom(this.length)
  }

  /** Throws all kept bytes away. */
  clear(): void {
    this.bytes = NO_BYTES
    this.start = 0
    this.end = 0
    this.#owned = false
  }
}
