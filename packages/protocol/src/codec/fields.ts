/** The four kinds of field a payload is made of: fixed integers in order, then at most one text that runs to the end of the frame. */

import { MAX_PAYLOAD_CAP } from '../limits.ts'
import { Type, type TInteger, type TString } from '../schema.ts'

/** How a field lies on the wire; kept in its schema under the keyword `wire`. */
export type Wire = 'uint8' | 'uint16' | 'uint32' | 'text'

/** An unsigned integer of one byte. */
export function Uint8(): TInteger {
  return Type.Integer({ minimum: 0, maximum: 0xff, wire: 'uint8' })
}

/** An unsigned integer of two bytes, big-endian. */
export function Uint16(): TInteger {
  return Type.Integer({ minimum: 0, maximum: 0xffff, wire: 'uint16' })
}

/** An unsigned integer of four bytes, big-endian. */
export function Uint32(): TInteger {
  return Type.Integer({ minimum: 0, maximum: 0xffff_ffff, wire: 'uint32' })
}

/** What a text field allows. */
export interface TextOptions {
  /** The most bytes in UTF-8. Default: 65,535, the longest payload of version 1. */
  readonly maxBytes?: number
  /** Whether U+0000–001F and U+007F–009F are legal. Default false. */
  readonly controls?: boolean
  /** Whether a receiver replaces what is illegal by U+FFFD and goes on, instead of refusing the frame. Default false. */
  readonly repair?: boolean
}

/** A text that runs to the end of the frame; only the last field can be one. */
export function Text(options: TextOptions = {}): TString {
  return Type.String({ wire: 'text', ...options, maxBytes: options.maxBytes ?? MAX_PAYLOAD_CAP })
}
