/**
 * Reads bytes that a person or a program wrote: raw, or as hex in any usual form.
 *
 * Hex is digits with blanks, colons, commas or `0x` between the bytes, `#` begins a comment; the listings of `xxd` and `hexdump -C`
 * are taken as they are. Memory is bounded by the longest line.
 */

import { CommandError } from './exit-codes.ts'
import { quotedText } from './printable-text.ts'
import { splitLines } from './text-lines.ts'

/** How bytes are written. `auto` tells by the first chunk: a frame begins with 0x00, which no text does. */
export type ByteFormat = 'auto' | 'hex' | 'raw'

/** Reads the bytes of `input`. Throws CommandError where hex is malformed, with its line. */
export async function* readBytes(input: AsyncIterable<Uint8Array>, format: ByteFormat): AsyncGenerator<Uint8Array> {
  const iterator = input[Symbol.asyncIterator]()
  const first = await iterator.next()
  if (first.done) return
  const chunks = resumed(first.value, iterator)
  if (format === 'raw' || (format === 'auto' && !looksLikeText(first.value))) yield* chunks
  else yield* readHex(chunks)
}

async function* readHex(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let line = 0
  let listed = false
  for await (const bytes of splitLines(chunks, MAX_LINE_BYTES)) {
    line++
    if (!bytes)
      throw new CommandError('usage', `Cannot read line ${line} as hex: it is longer than ${MAX_LINE_BYTES} bytes`)
    const text = new TextDecoder().decode(bytes)
    // The last line of a listing of hexdump is an offset alone; anywhere else it would be four bytes.
    if (listed && /^[0-9a-f]{7,8}$/i.test(text)) continue
    const listing = XXD_LINE.exec(text) ?? HEXDUMP_LINE.exec(text)
    listed ||= listing !== null
    const digits = (listing?.[1] ?? text.replace(/#.*/, '')).replaceAll(SEPARATORS, '')
    if (/[^0-9a-f]/i.test(digits)) {
      throw new CommandError(
        'usage',
        `Cannot read line ${line} as hex: ${quotedText(text)}; raw bytes need --format raw`,
      )
    }
    if (digits.length % 2 === 1) {
      throw new CommandError(
        'usage',
        `Cannot read line ${line} as hex: it has ${digits.length} digits, two make a byte`,
      )
    }
    if (digits.length > 0) yield Uint8Array.from(Buffer.from(digits, 'hex'))
  }
}

function looksLikeText(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0x09 || byte === 0x0a || byte === 0x0d || (byte >= 0x20 && byte < 0x7f))
}

async function* resumed<Item>(first: Item, rest: AsyncIterator<Item>): AsyncGenerator<Item> {
  yield first
  for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value
}

const MAX_LINE_BYTES = 1_048_576
const SEPARATORS = /\b0x|[\s:,]/gi
const XXD_LINE = /^[0-9a-f]{8}: ((?:[0-9a-f]{2,4} )+) /i
const HEXDUMP_LINE = /^[0-9a-f]{7,8} {2}((?:[0-9a-f]{2} +)+)\|/i
