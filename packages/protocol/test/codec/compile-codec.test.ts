import { describe, expect, it } from 'vitest'
import { OutputBuffer } from '../../src/bytes/output-buffer.ts'
import { BadPayload, compileCodec, type Payload } from '../../src/codec/compile-codec.ts'
import { Text, type TextOptions, Uint16, Uint32, Uint8 } from '../../src/codec/fields.ts'
import { UsageError } from '../../src/codec/usage-error.ts'
import { Type } from '../../src/schema.ts'
import { fromHex, toHex } from '../hex.ts'
import { concat, utf8 } from '../raw-frames.ts'

const everyKind = { first: Uint8(), second: Uint16(), third: Uint32(), text: Text({ maxBytes: 5 }) }
const codec = compileCodec('SAMPLE', everyKind)

function encode(message: Payload<typeof everyKind>): Uint8Array {
  const output = new OutputBuffer()
  codec.encode(message, output)
  return output.take() ?? new Uint8Array(0)
}

function decode(bytes: Uint8Array): unknown {
  return codec.decode(bytes, 0, bytes.length)
}

function decodeSingleText(bytes: Uint8Array, options: TextOptions): unknown {
  return compileCodec('SAMPLE', { text: Text(options) }).decode(bytes, 0, bytes.length)
}

const sample = { first: 1, second: 2, third: 3, text: 'Ada' }

describe('compileCodec', () => {
  it('lays fields out in their order, most significant byte first', () => {
    const message = { first: 0x01, second: 0x02_03, third: 0x04_05_06_07, text: 'Zoë' }
    expect(toHex(encode(message))).toBe('01 02 03 04 05 06 07 5a 6f c3 ab')
    expect(decode(encode(message))).toStrictEqual(message)
  })

  it('says how short and how long a payload can be', () => {
    expect(codec).toMatchObject({ minLength: 7, maxLength: 12 })
    expect(compileCodec('EMPTY', {})).toMatchObject({ minLength: 0, maxLength: 0, text: undefined })
  })

  it.each([
    { first: 0, second: 0, third: 0, text: '' },
    { first: 0xff, second: 0xffff, third: 0xffff_ffff, text: '12345' },
    { first: 0x80, second: 0x8000, third: 0x8000_0000, text: '€' },
  ])('carries the edges of every field: %o', (message) => {
    expect(decode(encode(message))).toStrictEqual(message)
  })

  it('decodes a part of the bytes', () => {
    const bytes = concat(fromHex('ff'), encode(sample), fromHex('ff'))
    expect(codec.decode(bytes, 1, bytes.length - 1)).toStrictEqual(sample)
  })

  it('appends behind what the output holds', () => {
    const output = new OutputBuffer()
    codec.encode(sample, output)
    codec.encode(sample, output)
    expect(output.take()).toStrictEqual(concat(encode(sample), encode(sample)))
  })

  describe('encode', () => {
    it.each([
      { field: 'first', value: -1 },
      { field: 'first', value: 256 },
      { field: 'first', value: 1.5 },
      { field: 'first', value: Number.NaN },
      { field: 'second', value: 65_536 },
      { field: 'third', value: 4_294_967_296 },
      { field: 'third', value: '1' },
      { field: 'third', value: undefined },
      { field: 'third', value: 1n },
    ])('refuses $value as $field', ({ field, value }) => {
      const limit = { first: 255, second: 65_535, third: 4_294_967_295 }[field]
      const message = Object.assign({ ...sample }, { [field]: value })
      expect(() => encode(message)).toThrow(
        new UsageError(`Cannot encode SAMPLE: ${field} is ${String(value)}, allowed is an integer from 0 to ${limit}`),
      )
    })

    it.each([
      { text: 1, reason: 'text is number, allowed is a string' },
      { text: undefined, reason: 'text is undefined, allowed is a string' },
      { text: '123456', reason: 'text is at least 6 bytes, limit is 5' },
      { text: '€€', reason: 'text is 6 bytes, limit is 5' },
      { text: 'a\u0000', reason: 'text holds a control character' },
      { text: '\u009f', reason: 'text holds a control character' },
      { text: '\ud83d', reason: 'text holds a lone surrogate' },
    ])('refuses $text as text', ({ text, reason }) => {
      const message = { ...sample, text } as typeof sample
      expect(() => encode(message)).toThrow(new UsageError(`Cannot encode SAMPLE: ${reason}`))
    })

    it('names the first bad field in their order', () => {
      expect(() => encode({ first: -1, second: -1, third: -1, text: '\n' })).toThrow(/: first is -1/)
      expect(() => encode({ ...sample, third: -1, text: '\n' })).toThrow(/: third is -1/)
    })

    it('appends nothing when it refuses', () => {
      const output = new OutputBuffer()
      codec.encode(sample, output)
      const { length } = output
      expect(() => codec.encode({ ...sample, text: '123456' }, output)).toThrow(UsageError)
      expect(output.length).toBe(length)
    })

    it('does not make room for a text that is far over the limit', () => {
      const output = new OutputBuffer()
      expect(() => codec.encode({ ...sample, text: 'x'.repeat(1_000_000) }, output)).toThrow(/limit is 5/)
      expect(output.bytes.length).toBeLessThan(10_000)
    })
  })

  describe('decode', () => {
    it.each([0, 1, 6])('refuses a payload of %i bytes that cannot hold the integers', (length) => {
      expect(decode(new Uint8Array(length))).toStrictEqual(new BadPayload('payload', 'length'))
    })

    it.each([
      { bytes: 4, verdict: 'a text' },
      { bytes: 5, verdict: 'a text' },
      { bytes: 6, verdict: 'too long' },
    ])('finds a text of $bytes bytes $verdict', ({ bytes, verdict }) => {
      const decoded = decode(concat(new Uint8Array(7), utf8('x'.repeat(bytes))))
      const expected = { first: 0, second: 0, third: 0, text: 'x'.repeat(bytes) }
      expect(decoded).toStrictEqual(verdict === 'a text' ? expected : new BadPayload('text', 'length'))
    })

    it('refuses bytes behind the fields of a message without text', () => {
      const withoutText = compileCodec('FIXED', { only: Uint8() })
      expect(withoutText.decode(fromHex('01'), 0, 1)).toStrictEqual({ only: 1 })
      expect(withoutText.decode(fromHex('01 02'), 0, 2)).toStrictEqual(new BadPayload('payload', 'length'))
    })

    it.each(['c3', 'ff', '61 80', '00 ff'])('refuses the ill-formed text %s', (hex) => {
      expect(decodeSingleText(fromHex(hex), {})).toStrictEqual(new BadPayload('text', 'ill-formed'))
    })

    it.each(['00', '61 1f', '7f', 'c2 85'])('refuses the text %s with a control character', (hex) => {
      expect(decodeSingleText(fromHex(hex), {})).toStrictEqual(new BadPayload('text', 'control character'))
    })

    it('leaves control characters where they are allowed', () => {
      expect(decodeSingleText(fromHex('00 0a c2 85'), { controls: true })).toStrictEqual({ text: '\0\n\u0085' })
      expect(decodeSingleText(fromHex('ff'), { controls: true })).toStrictEqual(new BadPayload('text', 'ill-formed'))
    })

    it('replaces what is illegal where a text is repaired, but not a length', () => {
      expect(decodeSingleText(fromHex('61 ff 0a'), { repair: true })).toStrictEqual({ text: 'a\ufffd\ufffd' })
      expect(decodeSingleText(utf8('123'), { repair: true, maxBytes: 2 })).toStrictEqual(
        new BadPayload('text', 'length'),
      )
    })

    it('keeps no reference to the bytes', () => {
      const bytes = encode(sample)
      const decoded = decode(bytes)
      bytes.fill(0xff)
      expect(decoded).toStrictEqual(sample)
    })
  })

  describe('the definition of fields', () => {
    it('refuses a field behind a text', () => {
      expect(() => compileCodec('SAMPLE', { text: Text(), more: Uint8() })).toThrow(
        new UsageError('Cannot define SAMPLE: field "more" follows the text "text", which must be last'),
      )
      expect(() => compileCodec('SAMPLE', { text: Text(), more: Text() })).toThrow(/must be last/)
    })

    it.each([Type.String(), Type.Integer(), Type.Object({}), Type.Integer({ wire: 'uint64' })])(
      'refuses a field that is none of the four kinds: %o',
      (property) => {
        expect(() => compileCodec('SAMPLE', { odd: property })).toThrow(
          new UsageError('Cannot define SAMPLE: field "odd" is not Uint8, Uint16, Uint32 or Text'),
        )
      },
    )

    it('refuses a field whose name an object would move to the front', () => {
      expect(() => compileCodec('SAMPLE', { word: Uint8(), 7: Uint8() })).toThrow(
        new UsageError('Cannot define SAMPLE: field "7" is named like an array index, so its place is not kept'),
      )
    })
  })
})
