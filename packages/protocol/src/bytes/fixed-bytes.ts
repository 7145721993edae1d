/**
 * Bytes that are written again and again, a word of four at a time (bench/NOTES.md says what that saves).
 *
 * Where the length is no multiple of four the last word overlaps the one before, so that nothing behind the bytes is touched.
 */

const WORD_BYTES = 4

/** @internal */
export class FixedBytes {
  readonly length: number
  /** Words; or bytes, if they are fewer than a word has. */
  readonly #units: readonly number[]

  constructor(bytes: Uint8Array) {
    const { length } = bytes
    const view = new DataView(bytes.buffer, bytes.byteOffset, length)
    const word = (_: unknown, index: number): number =>
      view.getUint32(Math.min(index * WORD_BYTES, length - WORD_BYTES))
    this.length = length
    this.#units = length < WORD_BYTES ? [...bytes] : Array.from({ length: Math.ceil(length / WORD_BYTES) }, word)
  }

  /** Writes the bytes at `at` of a view. */
  writeTo(view: DataView, at: number): void {
    const units = this.#units
    const lastWord = this.length - WORD_BYTES
    for (let index = 0; index < units.length; index++) {
      const unit = units[index] as number
      if (lastWord < 0) view.setUint8(at + index, unit)
      else view.setUint32(at + Math.min(index * WORD_BYTES, lastWord), unit)
    }
  }
}
