/**
 * Strict UTF-8 both ways (SPEC "Text").
 *
 * Decoding never repairs, strips or normalises: an ill-formed sequence is one typed result. Encoding refuses lone surrogates
 * instead of sending U+FFFD. Short ASCII, nearly every name and greeting, is done by a loop; a call of the platform's coder
 * costs more than that loop up to about 32 bytes.
 */

interface TextDecoderLike {
  decode(bytes: Uint8Array): string
}
interface TextEncoderLike {
  encodeInto(text: string, into: Uint8Array): { read: number; written: number }
}
// The two text coders exist in every runtime this package meets, browsers included; no lib that we compile under names them.
declare const TextDecoder: new (label: string, options: { fatal: boolean; ignoreBOM: boolean }) => TextDecoderLike
declare const TextEncoder: new () => TextEncoderLike

const strictDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const repairingDecoder = new TextDecoder('utf-8', { fatal: false, ignoreBOM: true })
const encoder = new TextEncoder()

// Where a call of the platform's coder begins to cost less than a loop; measured on both runtimes (bench/NOTES.md).
const SHORT_DECODED_BYTES = 16
const SHORT_ENCODED_BYTES = 32
const CONTROL_CHARACTERS = /[\u0000-\u001f\u007f-\u009f]/
const ALL_CONTROL_CHARACTERS = /[\u0000-\u001f\u007f-\u009f]/g
const LONE_SURROGATE = /\p{Surrogate}/u

/** Whether a text holds U+0000–001F or U+007F–009F, which names, agents and messages must not. */
export function hasControlCharacter(text: string): boolean {
  return CONTROL_CHARACTERS.test(text)
}

/** Whether a text holds half of a surrogate pair, which UTF-8 cannot carry. */
export function hasLoneSurrogate(text: string): boolean {
  return LONE_SURROGATE.test(text)
}

/** Whether a byte is printable ASCII: a character of its own, and valid in every text. */
export function isPrintable(byte: number): boolean {
  return byte >= 0x20 && byte < 0x7f
}

/** Decodes `bytes[start, end)` if they are short and printable ASCII, as nearly every name is; undefined if not. */
export function decodePrintable(bytes: Uint8Array, start: number, end: number): string | undefined {
  if (end - start > SHORT_DECODED_BYTES) return undefined
  let text = ''
  for (let at = start; at < end; at++) {
    const byte = bytes[at] as number
    if (!isPrintable(byte)) return undefined
    text += String.fromCharCode(byte)
  }
  return text
}

/** Decodes `bytes[start, end)`; undefined if that is not well-formed UTF-8. */
export function decodeText(bytes: Uint8Array, start: number, end: number): string | undefined {
  if (end - start <= SHORT_DECODED_BYTES) {
    let text = ''
    let at = start
    for (; at < end; at++) {
      const byte = bytes[at] as number
      if (byte >= 0x80) break
      text += String.fromCharCode(byte)
    }
    if (at === end) return text
  }
  try {
    return strictDecoder.decode(bytes.subarray(start, end))
  } catch {
    return undefined
  }
}

/** Decodes `bytes[start, end)`, replacing what is ill-formed and every control character by U+FFFD. */
export function repairText(bytes: Uint8Array, start: number, end: number): string {
  return repairingDecoder.decode(bytes.subarray(start, end)).replace(ALL_CONTROL_CHARACTERS, '\ufffd')
}

/** The most bytes that a text can take in UTF-8: three for each UTF-16 unit. */
export function maxEncodedBytes(text: string): number {
  return text.length * 3
}

/**
 * Encodes `text` into `into` from `at` and returns where it ends, or -1 if the text holds a lone surrogate.
 * The caller has made room for `maxEncodedBytes(text)`.
 */
export function encodeText(text: string, into: Uint8Array, at: number): number {
  const { length } = text
  if (length <= SHORT_ENCODED_BYTES) {
    let index = 0
    for (; index < length; index++) {
      const unit = text.charCodeAt(index)
      if (unit >= 0x80) break
      into[at + index] = unit
    }
    if (index === length) return at + length
  }
  if (hasLoneSurrogate(text)) return -1
  return at + encoder.encodeInto(text, into.subarray(at)).written
}
