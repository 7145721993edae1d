/**
 * Memory for output, cut from large pieces: a buffer of its own for every chunk received costs more than judging the chunk
 * (bench/NOTES.md).
 *
 * A cut is nobody else's from `cut` on, for as long as anyone holds it, so nothing is ever reused under a reader. The one thing
 * shared is which piece is being cut, which no caller can see.
 */

const PIECE_BYTES = 65_536
/** Larger cuts would waste too much of a piece's end. */
const LARGEST_CUT = PIECE_BYTES / 8

let piece = new Uint8Array(0)
let used = 0

/** Cuts `size` bytes; what they hold is of no meaning. */
export function cut(size: number): Uint8Array {
  if (size > LARGEST_CUT) return new Uint8Array(size)
  if (used + size > piece.length) {
    piece = new Uint8Array(PIECE_BYTES)
    used = 0
  }
  used += size
  return piece.subarray(used - size, used)
}

/** Gives back what lies behind the first `kept` bytes of a cut, if nothing was cut behind it since. */
export function giveBack(bytes: Uint8Array, kept: number): void {
  if (bytes.buffer === piece.buffer && bytes.byteOffset + bytes.length === used) used = bytes.byteOffset + kept
}
