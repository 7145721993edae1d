/** Decides whether the bytes of a NAME are a name, and what text they are. */
import { isUtf8 } from 'node:buffer'
import type { CodeName } from '../../src/wire/frame.ts'
import type { Has } from './bugs.ts'

/** Returns the name, or the code that refuses it. NAME_TOO_LONG comes before INVALID_NAME. */
export function readName(
  bytes: Buffer,
  maxName: number,
  has: Has,
  shared: TextDecoder,
): { name: string } | { code: CodeName } {
  const size = has('limit-in-characters') ? Array.from(bytes.toString('utf8')).length : bytes.length
  const invalid = isInvalid(bytes, has)
  if (has('order-of-checks') && invalid) return { code: 'INVALID_NAME' }
  if (size > maxName) return { code: 'NAME_TOO_LONG' }
  if (invalid) return { code: 'INVALID_NAME' }
  return { name: decode(bytes, has, shared) }
}

/** Well-formed UTF-8 without control characters. */
export function isCleanText(bytes: Uint8Array): boolean {
  return isUtf8(bytes) && !/\p{Cc}/u.test(Buffer.from(bytes).toString('utf8'))
}

function isInvalid(bytes: Buffer, has: Has): boolean {
  if (bytes.length === 0) return !has('accept-empty')
  if (has('lossy-decode') || has('shared-decoder')) return false
  if (
    has('accept-overlong') &&
    hasPair(bytes, (a, b) => (a === 0xc0 && b >= 0x80) || (a === 0xe0 && b < 0xa0) || (a === 0xf0 && b < 0x90))
  )
    return false
  if (has('accept-surrogate') && hasPair(bytes, (a, b) => a === 0xed && b >= 0xa0)) return false
  if (has('refuse-noncharacters') && /\p{NChar}/u.test(bytes.toString('utf8'))) return true
  return has('accept-controls') ? !isUtf8(bytes) : !isCleanText(bytes)
}

function decode(bytes: Buffer, has: Has, shared: TextDecoder): string {
  if (has('shared-decoder')) return shared.decode(bytes, { stream: true })
  const text = has('strip-bom') ? new TextDecoder().decode(bytes) : bytes.toString('utf8')
  if (has('trim')) return text.trim()
  return has('normalise') ? text.normalize('NFC') : text
}

function hasPair(bytes: Buffer, matches: (first: number, second: number) => boolean): boolean {
  return bytes.some((byte, index) => matches(byte, bytes[index + 1] ?? 0))
}
