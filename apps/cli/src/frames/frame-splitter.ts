/**
 * Splits a stream of bytes into whole frames and whatever follows that is none, keeping every byte, for tools that show them.
 *
 * A FrameDecoder would drop the headers and what comes after a violation; a test compares the two.
 */

import { HEADER_BYTES, MAX_PAYLOAD_CAP } from '@greetwire/protocol'

/** A piece of the stream, with its position in it. The bytes are a copy or a view that nobody else changes. */
export type Piece =
  | { readonly kind: 'frame'; readonly offset: number; readonly bytes: Uint8Array }
  /** A header over the payload limit; where the next frame begins cannot be told, so everything after it is `lost`. */
  | { readonly kind: 'too-large'; readonly offset: number; readonly bytes: Uint8Array }
  /** The stream ended inside a frame. */
  | { readonly kind: 'cut'; readonly offset: number; readonly bytes: Uint8Array; readonly missing: number }

/** Splits one direction of one connection. */
export class FrameSplitter {
  readonly #maxPayload: number
  #kept: Uint8Array = new Uint8Array(0)
  #offset = 0
  #lost = 0
  #tooLarge = false

  constructor(maxPayload: number = MAX_PAYLOAD_CAP) {
    this.#maxPayload = maxPayload
  }

  /** How many bytes came after a header over the limit; they belong to no frame. */
  get lost(): number {
    return this.#lost
  }

  /** Takes a chunk and returns the pieces it completes. */
  *push(chunk: Uint8Array): Generator<Piece> {
    if (this.#tooLarge) {
      this.#lost += chunk.length
      return
    }
    this.#kept = this.#kept.length === 0 ? chunk : concatenated(this.#kept, chunk)
    for (;;) {
      const size = this.#sizeOfNext()
      if (size === undefined) return
      if (size === 'too-large') {
        const bytes = this.#kept.subarray(0, HEADER_BYTES)
        this.#tooLarge = true
        this.#lost = this.#kept.length - bytes.length
        this.#kept = new Uint8Array(0)
        yield { kind: 'too-large', offset: this.#offset, bytes }
        return
      }
      if (this.#kept.length < size) return
      const bytes = this.#kept.subarray(0, size)
      this.#kept = this.#kept.subarray(size)
      this.#offset += size
      yield { kind: 'frame', offset: this.#offset - size, bytes }
    }
  }

  /** Ends the stream: the bytes of an unfinished frame, if there are any. */
  end(): Piece | undefined {
    if (this.#kept.length === 0) return undefined
    const size = this.#sizeOfNext() ?? HEADER_BYTES
    return { kind: 'cut', offset: this.#offset, bytes: this.#kept, missing: (size as number) - this.#kept.length }
  }

  /** The size of the frame that begins here, as soon as it is known. A first byte other than 0x00 decides alone. */
  #sizeOfNext(): number | 'too-large' | undefined {
    const [first, second, third] = this.#kept
    if (first !== undefined && first !== 0) return 'too-large'
    if (this.#kept.length < HEADER_BYTES) return undefined
    const length = (second as number) * 256 + (third as number)
    return length > this.#maxPayload ? 'too-large' : HEADER_BYTES + length
  }
}

function concatenated(first: Uint8Array, second: Uint8Array): Uint8Array {
  const both = new Uint8Array(first.length + second.length)
  both.set(first)
  both.set(second, first.length)
  return both
}
