/** Turns received bytes into frames, for proxies, tools and implementations of one's own. Knows lengths, not messages. */

import type { BadPayload, Payload } from '../codec/compile-codec.ts'
import type { FatalErrorName } from '../error-codes.ts'
import { DEFAULT_MAX_PAYLOAD } from '../limits.ts'
import type { MessageDefinition } from '../messages/define-message.ts'
import type { TProperties } from '../schema.ts'
import { FrameCursor } from './frame-cursor.ts'

/** One whole frame. `payload` is a view: it stays valid, and holding it keeps the chunk it came in alive. */
export interface Frame {
  readonly type: number
  readonly id: number
  readonly payload: Uint8Array
}

/** What a peer did wrong: the fatal error that answers it, and the detail that goes with the code. */
export class Violation {
  readonly code: FatalErrorName
  readonly detail: number

  constructor(code: FatalErrorName, detail = 0) {
    this.code = code
    this.detail = detail
  }
}

/** Decodes frames from a stream that arrives in any pieces. */
export class FrameDecoder {
  readonly #cursor = new FrameCursor()
  #violation: Violation | undefined
  /** The longest payload accepted, in bytes. It may be changed between two frames. Default 4,096. */
  maxPayload: number

  constructor(options: { maxPayload?: number } = {}) {
    this.maxPayload = options.maxPayload ?? DEFAULT_MAX_PAYLOAD
  }

  /** Adds a received chunk, which the caller must not change afterwards. Behind a violation it is discarded. */
  push(chunk: Uint8Array): void {
    if (!this.#violation) this.#cursor.kept.append(chunk)
  }

  /** The next frame; a violation, again at every further call; or undefined when more bytes are needed. */
  next(): Frame | Violation | undefined {
    if (this.#violation) return this.#violation
    const cursor = this.#cursor
    const view = cursor.look(this.maxPayload)
    if (view === 'too-large') return this.#violate()
    if (view !== 'whole') {
      cursor.kept.release()
      return undefined
    }
    const payload = cursor.kept.bytes.subarray(cursor.payloadStart, cursor.payloadEnd)
    const frame = { type: cursor.type, id: cursor.id, payload }
    cursor.advance()
    return frame
  }

  #violate(): Violation {
    this.#violation = new Violation('PAYLOAD_TOO_LARGE', this.maxPayload)
    this.#cursor.kept.clear()
    return this.#violation
  }

  /** Whether bytes of an unfinished frame are here: an end of the stream now would cut that frame. */
  get begun(): boolean {
    return this.#cursor.kept.length > 0
  }
}

/** Decodes the payload of a frame as a message; BadPayload names the first field that broke a rule. */
export function decodePayload<Name extends string, Fields extends TProperties>(
  definition: MessageDefinition<Name, Fields>,
  payload: Uint8Array,
): Payload<Fields> | BadPayload {
  return definition.codec.decode(payload, 0, payload.length)
}
