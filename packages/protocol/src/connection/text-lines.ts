/**
 * Cuts a byte stream into lines (SPEC "Plain text protocol"): a line ends at LF or NUL, one CR directly before its end is dropped.
 *
 * Keeps at most `maxLine` bytes of a line and its CR, and always as many as show what protocol it starts; of a longer line it
 * keeps only that it was too long.
 */

import { KeptBytes } from '../bytes/kept-bytes.ts'

const LF = 0x0a
const CR = 0x0d

/** How many bytes of a line can be needed to tell another protocol by its start. @internal */
export const LINE_START_BYTES = 9

/** A line without its end. `bytes` is a view that is valid until the next call; empty if the line is too long. */
export interface Line {
  readonly bytes: Uint8Array
  readonly tooLong: boolean
}

const NO_BYTES = new Uint8Array(0)

/** @internal */
export class TextLines {
  readonly kept = new KeptBytes()
  readonly #maxLine: number
  readonly #maxKept: number
  /** How far the kept bytes were searched for an end. */
  #searched = 0
  /** Whether the line at the front already lost bytes because it is too long. */
  #tooLong = false

  constructor(maxLine: number) {
    this.#maxLine = maxLine
    // One more byte than the limit stays, as it may be the CR that is dropped.
    this.#maxKept = Math.max(maxLine + 1, LINE_START_BYTES)
  }

  /** Whether a line is begun. */
  get begun(): boolean {
    return this.kept.length > 0 || this.#tooLong
  }

  /** The bytes of the line at the front that are here; none once the line has lost its first ones. */
  get front(): Uint8Array {
    if (this.#tooLong) return NO_BYTES
    return this.kept.bytes.subarray(this.kept.start, this.kept.end)
  }

  /** Takes the next line; undefined if its end is not here. */
  next(): Line | undefined {
    const { kept } = this
    const end = this.#findEnd()
    if (end < 0) {
      this.#searched = kept.length
      if (kept.length > this.#maxKept) this.#giveUp()
      return undefined
    }
    const length = end - kept.start
    const line = this.#line(length)
    kept.consume(length + 1)
    this.#searched = 0
    this.#tooLong = false
    return line
  }

  /** Takes what is left as a line: the peer's FIN ends it. Undefined if nothing is left. */
  last(): Line | undefined {
    if (!this.begun) return undefined
    const line = this.#line(this.kept.length)
    this.clear()
    return line
  }

  /** Throws everything away. */
  clear(): void {
    this.kept.clear()
    this.#searched = 0
    this.#tooLong = false
  }

  #giveUp(): void {
    this.kept.clear()
    this.#searched = 0
    this.#tooLong = true
  }

  #findEnd(): number {
    const { bytes, start, end } = this.kept
    for (let at = start + this.#searched; at < end; at++) if (bytes[at] === LF || bytes[at] === 0) return at
    return -1
  }

  #line(length: number): Line {
    const { bytes, start } = this.kept
    const withoutCr = length > 0 && bytes[start + length - 1] === CR ? length - 1 : length
    const tooLong = this.#tooLong || withoutCr > this.#maxLine
    return { bytes: tooLong ? NO_BYTES : bytes.subarray(start, start + withoutCr), tooLong }
  }
}
