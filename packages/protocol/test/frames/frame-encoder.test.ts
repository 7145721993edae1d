import { describe, expect, it } from 'vitest'
import { OutputBuffer } from '../../src/bytes/output-buffer.ts'
import { appendFrame, encodeFrame } from '../../src/frames/frame-encoder.ts'
import {
  defineMessage,
  Goodbye,
  Greeting,
  Hello,
  type MessageDefinition,
  Name,
  Ping,
  Text,
  Uint8,
  UsageError,
} from '../../src/index.ts'
import { toHex } from '../hex.ts'
import { rawFrame } from '../raw-frames.ts'

describe('encodeFrame', () => {
  it('writes the header and then the payload', () => {
    expect(toHex(encodeFrame(Name, { name: 'Ada' }, 1))).toBe('00 00 03 03 00 00 00 01 41 64 61')
    expect(toHex(encodeFrame(Ping, {}))).toBe('00 00 00 06 00 00 00 00')
  })

  it('gives each frame a buffer of its own, which may be transferred', () => {
    const [frame, other] = [encodeFrame(Name, { name: 'Ada' }, 1), encodeFrame(Name, { name: 'Grace' }, 2)]
    expect(frame.buffer.byteLength).toBe(11)
    structuredClone(frame, { transfer: [frame.buffer] })
    expect(toHex(other)).toBe('00 00 05 03 00 00 00 02 47 72 61 63 65')
  })

  it.each([0, 1, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff])('writes the id %i', (id) => {
    expect(encodeFrame(Ping, {}, id)).toStrictEqual(rawFrame(0x06, id))
  })

  it.each([-1, 0x1_0000_0000, 1.5, Number.NaN, Infinity, '1' as unknown as number])('refuses the id %s', (id) => {
    expect(() => encodeFrame(Ping, {}, id)).toThrow(
      new UsageError(`Cannot encode PING: id is ${id}, allowed is an integer from 0 to 4294967295`),
    )
  })

  it.each([65_534, 65_535])('encodes a payload of %i bytes', (length) => {
    const greeting = 'x'.repeat(length)
    expect(encodeFrame(Greeting, { greeting }, 1)).toStrictEqual(rawFrame(0x04, 1, greeting))
  })

  it('refuses a payload of 65,536 bytes', () => {
    expect(() => encodeFrame(Greeting, { greeting: 'x'.repeat(65_536) }, 1)).toThrow(
      new UsageError('Cannot encode GREETING: greeting is at least 65536 bytes, limit is 65535'),
    )
    const Wide = defineMessage({ name: 'WIDE', type: 0x40, fields: { kind: Uint8(), text: Text() } })
    expect(() => encodeFrame(Wide, { kind: 1, text: 'x'.repeat(65_535) })).toThrow(
      new UsageError('Cannot encode WIDE: payload is 65536 bytes, limit is 65535'),
    )
  })

  it.each([
    { definition: Hello, field: 'agent', limit: 255 },
    { definition: Goodbye, field: 'message', limit: 1_024 },
  ])('keeps the limit of $limit bytes for $field', ({ definition, field, limit }) => {
    const numbers = { minVersion: 1, maxVersion: 1, maxPayload: 4_096, reason: 1 }
    const encode = (text: string): Uint8Array =>
      encodeFrame(definition as unknown as MessageDefinition, { ...numbers, [field]: text })
    for (const length of [limit - 1, limit]) expect(encode('x'.repeat(length)).length).toBeGreaterThan(length)
    expect(() => encode('x'.repeat(limit + 1))).toThrow(`${field} is at least ${limit + 1} bytes, limit is ${limit}`)
    expect(() => encode(`${'x'.repeat(limit - 1)}ë`)).toThrow(`${field} is ${limit + 1} bytes, limit is ${limit}`)
  })

  it.each([
    { name: '\ud800', reason: 'name holds a lone surrogate' },
    { name: 'a\u0085b', reason: 'name holds a control character' },
    { name: undefined as unknown as string, reason: 'name is undefined, allowed is a string' },
  ])('refuses the name $name', ({ name, reason }) => {
    expect(() => encodeFrame(Name, { name }, 1)).toThrow(new UsageError(`Cannot encode NAME: ${reason}`))
  })

  it('throws an error with a name of its own', () => {
    expect(new UsageError('Cannot')).toMatchObject({ name: 'UsageError', message: 'Cannot' })
  })
})

describe('appendFrame', () => {
  it('appends nothing when it refuses', () => {
    const output = new OutputBuffer()
    appendFrame(output, Name, { name: 'Ada' }, 1)
    const { length } = output
    expect(() => appendFrame(output, Name, { name: '\n' }, 2)).toThrow(UsageError)
    expect(output.length).toBe(length)
    appendFrame(output, Ping, {}, 3)
    expect(toHex(output.take() ?? new Uint8Array(0))).toBe('00 00 03 03 00 00 00 01 41 64 61 00 00 00 06 00 00 00 03')
  })
})
