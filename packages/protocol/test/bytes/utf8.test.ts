import { describe, expect, it } from 'vitest'
import {
  decodeText,
  encodeText,
  hasControlCharacter,
  hasLoneSurrogate,
  maxEncodedBytes,
  repairText,
} from '../../src/bytes/utf8.ts'
import { fromHex } from '../hex.ts'
import { concat, utf8 } from '../raw-frames.ts'

const decode = (bytes: Uint8Array): string | undefined => decodeText(bytes, 0, bytes.length)
const repair = (hex: string): string => repairText(fromHex(hex), 0, fromHex(hex).length)

function encode(text: string): Uint8Array | undefined {
  const room = new Uint8Array(maxEncodedBytes(text) + 2)
  const end = encodeText(text, room, 1)
  return end < 0 ? undefined : room.slice(1, end)
}

/** UTF-8 by its definition, one scalar value at a time. */
function encodeByDefinition(scalar: number): number[] {
  if (scalar < 0x80) return [scalar]
  if (scalar < 0x800) return [0xc0 | (scalar >> 6), 0x80 | (scalar & 0x3f)]
  if (scalar < 0x1_0000) return [0xe0 | (scalar >> 12), 0x80 | ((scalar >> 6) & 0x3f), 0x80 | (scalar & 0x3f)]
  return [0xf0 | (scalar >> 18), 0x80 | ((scalar >> 12) & 0x3f), 0x80 | ((scalar >> 6) & 0x3f), 0x80 | (scalar & 0x3f)]
}

function inRange(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index)
}

/** Both paths of the coders: short enough for the loop, and too long for it. */
const SURROUNDINGS = [
  { path: 'alone', around: '' },
  { path: 'within a short text', around: 'ab' },
  { path: 'within a long text', around: 'x'.repeat(40) },
]

const WELL_FORMED = [
  { what: 'nothing', hex: '' },
  { what: 'U+0000', hex: '00' },
  { what: 'U+007F', hex: '7f' },
  { what: 'U+0080', hex: 'c2 80' },
  { what: 'U+07FF', hex: 'df bf' },
  { what: 'U+0800', hex: 'e0 a0 80' },
  { what: 'U+D7FF', hex: 'ed 9f bf' },
  { what: 'U+E000', hex: 'ee 80 80' },
  { what: 'U+FDD0, a noncharacter', hex: 'ef b7 90' },
  { what: 'U+FEFF, a byte order mark', hex: 'ef bb bf' },
  { what: 'two byte order marks', hex: 'ef bb bf ef bb bf' },
  { what: 'U+FFFD', hex: 'ef bf bd' },
  { what: 'U+FFFE, a noncharacter', hex: 'ef bf be' },
  { what: 'U+FFFF, a noncharacter', hex: 'ef bf bf' },
  { what: 'U+10000', hex: 'f0 90 80 80' },
  { what: 'U+1F600', hex: 'f0 9f 98 80' },
  { what: 'U+10FFFF', hex: 'f4 8f bf bf' },
]

const ILL_FORMED = [
  { what: 'a lone continuation', hex: '80' },
  { what: 'the last lone continuation', hex: 'bf' },
  { what: 'two continuations', hex: '80 bf' },
  { what: 'a lone start of two', hex: 'c2' },
  { what: 'a lone start of three', hex: 'e1' },
  { what: 'a lone start of four', hex: 'f1' },
  { what: 'three bytes without the last', hex: 'e2 82' },
  { what: 'four bytes without the last', hex: 'f0 9f 98' },
  { what: 'a start followed by ASCII', hex: 'c3 41' },
  { what: 'an overlong U+0000 of two bytes', hex: 'c0 80' },
  { what: 'an overlong U+007F of two bytes', hex: 'c1 bf' },
  { what: 'an overlong slash of two bytes', hex: 'c0 af' },
  { what: 'an overlong U+07FF of three bytes', hex: 'e0 9f bf' },
  { what: 'an overlong U+FFFF of four bytes', hex: 'f0 8f bf bf' },
  { what: 'U+D800', hex: 'ed a0 80' },
  { what: 'U+DFFF', hex: 'ed bf bf' },
  { what: 'a surrogate pair', hex: 'ed a0 bd ed b8 80' },
  { what: 'U+110000', hex: 'f4 90 80 80' },
  { what: 'a start beyond the last plane', hex: 'f5 80 80 80' },
  { what: 'a start of five bytes', hex: 'f8 88 80 80 80' },
  { what: 'a start of six bytes', hex: 'fc 84 80 80 80 80' },
  { what: 'FE', hex: 'fe' },
  { what: 'FF', hex: 'ff' },
]

describe('decodeText', () => {
  describe.each(SURROUNDINGS)('$path', ({ around }) => {
    const within = (hex: string): Uint8Array => concat(utf8(around), fromHex(hex), utf8(around))

    it.each(WELL_FORMED)('keeps $what as it is', ({ hex }) => {
      const text = decode(within(hex))
      expect(text).not.toBe(undefined)
      expect(utf8(text as string)).toStrictEqual(within(hex))
    })

    it.each(ILL_FORMED)('refuses $what', ({ hex }) => {
      expect(decode(within(hex))).toBe(undefined)
    })
  })

  it('reads only its part of the bytes', () => {
    const bytes = fromHex('ff c3 ab ff')
    expect(decodeText(bytes, 1, 3)).toBe('ë')
    expect(decodeText(bytes, 1, 2)).toBe(undefined)
    expect(decodeText(bytes, 2, 2)).toBe('')
  })

  it('judges each text alone after one that ended in the middle of a character', () => {
    expect(decode(fromHex('c3'))).toBe(undefined)
    expect(decode(fromHex('ab'))).toBe(undefined)
    expect(decode(utf8('é'))).toBe('é')
  })

  it('decodes ASCII of every length around the change from the loop to the platform', () => {
    for (let length = 0; length < 70; length++) expect(decode(utf8('n'.repeat(length)))).toBe('n'.repeat(length))
  })

  it('agrees with the definition of UTF-8 on every text of two bytes', () => {
    const wrong: string[] = []
    for (let first = 0; first < 256; first++) {
      for (let second = 0; second < 256; second++) {
        const isAscii = first < 0x80 && second < 0x80
        const isPair = first >= 0xc2 && first < 0xe0 && second >= 0x80 && second < 0xc0
        const decoded = decode(Uint8Array.of(first, second))
        if ((decoded !== undefined) !== (isAscii || isPair)) wrong.push(`${first} ${second}`)
      }
    }
    expect(wrong).toStrictEqual([])
  })
})

describe('encodeText', () => {
  it('encodes every scalar value as UTF-8 defines it, and decodes it back', () => {
    const wrong: string[] = []
    const room = new Uint8Array(8)
    for (let scalar = 0; scalar <= 0x10_ffff; scalar++) {
      if (scalar === 0xd800) scalar = 0xe000
      const text = String.fromCodePoint(scalar)
      const end = encodeText(text, room, 0)
      const expected = encodeByDefinition(scalar)
      let isRight = end === expected.length && decodeText(room, 0, end) === text
      for (let index = 0; index < end; index++) isRight &&= room[index] === expected[index]
      if (!isRight) wrong.push(`U+${scalar.toString(16)}`)
    }
    expect(wrong).toStrictEqual([])
  })

  it.each(['\ud800', '\udfff', 'a\ud83d', '\ude00\ud83d', `${'x'.repeat(40)}\udc00`])('refuses %j', (text) => {
    expect(encode(text)).toBe(undefined)
  })

  it('encodes texts of every length around the change from the loop to the platform', () => {
    for (let length = 0; length < 70; length++) {
      for (const text of ['n'.repeat(length), `${'n'.repeat(length)}ë`]) expect(encode(text)).toStrictEqual(utf8(text))
    }
  })

  it('writes from its place and nowhere else', () => {
    for (const text of ['Ada', 'Zoë', `${'x'.repeat(40)}ë`]) {
      const room = new Uint8Array(maxEncodedBytes(text) + 8).fill(0xee)
      const end = encodeText(text, room, 4)
      expect(room.subarray(4, end)).toStrictEqual(utf8(text))
      expect(room.subarray(0, 4).every((byte) => byte === 0xee)).toBe(true)
      expect(room.subarray(4 + maxEncodedBytes(text)).every((byte) => byte === 0xee)).toBe(true)
    }
  })
})

describe('maxEncodedBytes', () => {
  it.each(['', 'a', 'ë', '€', '😀', '\uffff'])('is enough room for %j', (text) => {
    expect(maxEncodedBytes(text)).toBeGreaterThanOrEqual(utf8(text).length)
  })
})

describe('repairText', () => {
  it.each([
    { what: 'a stray byte', hex: '61 80 62', text: 'a\ufffdb' },
    { what: 'a truncated character at the end', hex: '61 e2 82', text: 'a\ufffd' },
    { what: 'a truncated character before another', hex: 'e2 82 61', text: '\ufffda' },
    { what: 'each byte of an overlong form', hex: 'c0 af', text: '\ufffd\ufffd' },
    { what: 'each byte of a surrogate', hex: 'ed a0 80', text: '\ufffd\ufffd\ufffd' },
    { what: 'each byte above U+10FFFF', hex: 'f4 90 80 80', text: '\ufffd\ufffd\ufffd\ufffd' },
    { what: 'truncated parts one by one', hex: 'e1 80 e2 f0 91 92 f1 bf 41', text: '\ufffd\ufffd\ufffd\ufffdA' },
    { what: 'control characters', hex: '00 1f 7f c2 80 c2 9f', text: '\ufffd'.repeat(5) },
  ])('replaces $what', ({ hex, text }) => {
    expect(repair(hex)).toBe(text)
  })

  it.each(WELL_FORMED.filter(({ what }) => !/U\+00/.test(what)))('keeps $what', ({ hex }) => {
    expect(utf8(repair(hex))).toStrictEqual(fromHex(hex))
  })
})

describe('hasControlCharacter', () => {
  it('finds exactly U+0000 to U+001F and U+007F to U+009F', () => {
    const found: number[] = []
    for (let unit = 0; unit < 0x1_0000; unit++) {
      if (hasControlCharacter(`a${String.fromCharCode(unit)}b`)) found.push(unit)
    }
    expect(found).toStrictEqual([...inRange(0x00, 0x1f), ...inRange(0x7f, 0x9f)])
  })
})

describe('hasLoneSurrogate', () => {
  it('finds every half of a pair and no pair', () => {
    for (let unit = 0; unit < 0x1_0000; unit++) {
      const isSurrogate = unit >= 0xd800 && unit <= 0xdfff
      if (hasLoneSurrogate(`a${String.fromCharCode(unit)}b`) !== isSurrogate) throw new Error(`Wrong on ${unit}`)
    }
    expect(hasLoneSurrogate('\ud800\udc00')).toBe(false)
    expect(hasLoneSurrogate('\udbff\udfff')).toBe(false)
    expect(hasLoneSurrogate('\udc00\ud800')).toBe(true)
  })
})
