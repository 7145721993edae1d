/**
 * Memory for output, cut from large pieces: a buffer of its own for every chunk received costs more than judging the chunk
 * (bench/NOTES.md).
 *
 * A cut is nobody else's from `cut` on, until its holder says by `reuse` that nobody holds it any more; so nothing is ever reused under
 * a reader. The one thing shared is which memory comes next, which no caller can see. Cuts are told apart by themselves: asking one for
 * its buffer costs as much as a frame (bench/NOTES.md).
 */

const PIECE_BYTES = 65_536
/** Larger cuts would waste too much of a piece's end. */
const LARGEST_CUT = PIECE_BYTES / 8
/** The high-water mark of an output, doubled as its buffer does. */
const LARGEST_REUSED = 2 * PIECE_BYTES
const NOTHING = new Uint8Array(0)

let piece: Uint8Array = NOTHING
let used = 0
/** The cut behind which nothing was cut. */
let newest: Uint8Array = NOTHING
/** What was given back last, and whether it is still to be had. */
let spare: Uint8Array = NOTHING
let spareIsFree = false
/** The cut that was viewed last. */
let viewed: Uint8Array = NOTHING
let view: DataView = new DataView(NOTHING.buffer)

/** Cuts `size` bytes or more; what they hold is of no meaning. */
export function cut(size: number): Uint8Array {
  if (spareIsFree && spare.length >= size) {
    spareIsFree = false
    return spare
  }
  if (size > LARGEST_CUT) return new Uint8Array(size)
  if (used + size > piece.length) {
    piece = new Uint8Array(PIECE_BYTES)
    used = 0
  }
  used += size
  newest = piece.subarray(used - size, used)
  return newest
}

/** Gives back what lies behind the first `kept` bytes of a cut, if nothing was cut behind it since. */
export function giveBack(bytes: Uint8Array, kept: number): void {
  if (bytes === newest) used = bytes.byteOffset + kept
}

/** A view of the whole memory that a cut lies in. That of the last cut is kept, for the next one mostly lies there too. */
export function viewOf(bytes: Uint8Array): DataView {
  if (bytes === viewed) return view
  viewed = bytes
  if (bytes.buffer !== view.buffer) view = new DataView(bytes.buffer)
  return view
}

/**
 * Gives back a cut that nobody holds any more: it is the next one, so that a server that is read from allocates no output. One that is
 * larger than the output of a connection at its mark is let go of: a few bytes that wait would hold all of it.
 */
export function reuse(bytes: Uint8Array): void {
  if (bytes !== spare && bytes.buffer.byteLength > LARGEST_REUSED) return
  spare = bytes
  spareIsFree = true
}
