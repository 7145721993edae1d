/**
 * Shows the frame at the front of the received bytes: its header as soon as that is there, then its payload.
 *
 * It is one mutable cursor instead of an object for each frame, because the server's way from a NAME to its greeting allocates
 * nothing for framing. It knows lengths; it knows nothing of types, directions or states.
 */

import { KeptBytes } from '../bytes/kept-bytes.ts'
import { HEADER_BYTES } from '../limits.ts'
import { readId, readLength } from './frame-header.ts'

/**
 * How much of a frame is there. `too-large` is decided by the first byte alone if that is not 0x00, so that HTTP, TLS or stray text
 * is refused at once; otherwise by the whole header, before any payload is kept.
 */
export type FrameView = 'nothing' | 'begun' | 'too-large' | 'header' | 'whole'

/** @internal */
export class FrameCursor {
  readonly kept = new KeptBytes()
  /** The header under the cursor; valid after `look` returned `header` or `whole`. */
  length = 0
  type = 0
  id = 0

  /** Reads the header under the cursor and says how much of its frame is there. */
  look(maxPayload: number): FrameView {
    const { bytes, start, end } = this.kept
    const available = end - start
    if (available === 0) return 'nothing'
    if (bytes[start] !== 0) return 'too-large'
    if (available < HEADER_BYTES) return 'begun'
    this.length = readLength(bytes, start)
    this.type = bytes[start + 3] as number
    this.id = readId(bytes, start)
    if (this.length > maxPayload) return 'too-large'
    return available < HEADER_BYTES + this.length ? 'header' : 'whole'
  }

  /** Where the payload lies in `kept.bytes`; valid after `look` returned `whole`. */
  get payloadStart(): number {
    return this.kept.start + HEADER_BYTES
  }

  get payloadEnd(): number {
    return this.kept.start + HEADER_BYTES + this.length
  }

  /** Moves behind the frame under the cursor. */
  advance(): void {
    this.kept.consume(HEADER_BYTES + this.length)
  }
}
