import { describe, expect, it } from 'vitest'
import { printableJson, printableText, quotedText } from '../src/printable-text.ts'

describe('printableText', () => {
  it.each([
    ['\u001b[31mred\u0007', String.raw`\x1b[31mred\x07`],
    ['a\nb\rc\td', String.raw`a\nb\rc\td`],
    ['\u009b2J\u007f\0', String.raw`\x9b2J\x7f\x00`],
    ['abc\u202edef\u2066\u200f', String.raw`abc\u{202e}def\u{2066}\u{200f}`],
    ['a\u2028b\ufeff\u200b', String.raw`a\u{2028}b\u{feff}\u{200b}`],
    ['\ud800!', String.raw`\u{d800}!`],
    ['\u{e0041}', String.raw`\u{e0041}`],
  ])('escapes %j', (text, shown) => {
    expect(printableText(text)).toBe(shown)
  })

  it.each(['Zoë', 'محمد', 'می\u200cخواهم', '山田', '👩\u200d🔬', 'back\\slash "quote"'])('leaves %j alone', (text) => {
    expect(printableText(text)).toBe(text)
  })
})

describe('quotedText', () => {
  it('escapes quotes and backslashes, so that the text cannot end its quotes', () => {
    expect(quotedText('a"b\\c\n')).toBe(String.raw`"a\"b\\c\n"`)
  })
})

describe('printableJson', () => {
  it('stays JSON of the same value and holds nothing that a terminal obeys', () => {
    const value = { text: '\u001b[31m\u009b\u202e\u2066\u2028\u200f"\\ Zoë 👩\u200d🔬' }
    const json = printableJson(value)
    expect(JSON.parse(json)).toEqual(value)
    expect(json).not.toMatch(/[\p{Cc}\u2028-\u202e\u2066-\u2069\u200f]/u)
  })
})
