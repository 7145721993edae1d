import { describe, expect, expectTypeOf, it } from 'vitest'
import {
  decodePayload,
  defineMessage,
  encodeFrame,
  type Frame,
  FrameDecoder,
  type MessageDefinition,
  type MessageOf,
  type Name,
  type Ping,
  Text,
  Uint16,
  Uint32,
  Uint8,
  UsageError,
  type Welcome,
} from '../../src/index.ts'
import { fromHex } from '../hex.ts'

const Mood = defineMessage({
  name: 'MOOD',
  type: 0x40,
  fields: { kind: Uint8(), strength: Uint16(), since: Uint32(), note: Text({ maxBytes: 10 }) },
})

describe('defineMessage', () => {
  it.each([0x40, 0x41, 0x7f, 0xc0, 0xff])('accepts the private type %i', (type) => {
    expect(defineMessage({ name: 'MINE', type, fields: {} }).type).toBe(type)
  })

  it.each([0x00, 0x01, 0x09, 0x3f, 0x80, 0x8a, 0xbf, 0x100, -1, 64.5, Number.NaN])('refuses the type %d', (type) => {
    expect(() => defineMessage({ name: 'MINE', type, fields: {} })).toThrow(
      new UsageError(`Cannot define MINE: type is ${type}, private use is 0x40 to 0x7F and 0xC0 to 0xFF`),
    )
  })

  it.each([0xca, 0xda, 0xea, 0xfa])('refuses the grease type %i, which never has a meaning', (type) => {
    expect(() => defineMessage({ name: 'MINE', type, fields: {} })).toThrow(
      new UsageError(`Cannot define MINE: type is ${type}, which is grease and never has a meaning`),
    )
  })

  it('refuses fields that no payload can have', () => {
    expect(() => defineMessage({ name: 'MINE', type: 0x40, fields: { text: Text(), after: Uint8() } })).toThrow(
      UsageError,
    )
  })

  it('makes a message that goes through encoder and decoder like one of the protocol', () => {
    const mood = { kind: 1, strength: 500, since: 1_000_000, note: 'glad' }
    const decoder = new FrameDecoder()
    decoder.push(encodeFrame(Mood, mood, 7))
    const frame = decoder.next() as Frame
    expect(frame).toMatchObject({ type: 0x40, id: 7 })
    expect(frame.payload).toStrictEqual(fromHex('01 01f4 000f4240 676c6164'))
    expect(decodePayload(Mood, frame.payload)).toStrictEqual(mood)
  })

  it('derives the type of a message from its fields', () => {
    expectTypeOf(Mood).toExtend<MessageDefinition<'MOOD'>>()
    expectTypeOf<MessageOf<typeof Mood>>().toEqualTypeOf<{
      kind: number
      strength: number
      since: number
      note: string
    }>()
    expectTypeOf<MessageOf<typeof Name>>().toEqualTypeOf<{ name: string }>()
    expectTypeOf<keyof MessageOf<typeof Welcome>>().toEqualTypeOf<
      'version' | 'maxName' | 'maxPayload' | 'maxInFlight' | 'idleTimeoutMs' | 'agent'
    >()
    expectTypeOf<keyof MessageOf<typeof Ping>>().toEqualTypeOf<never>()
    expectTypeOf<MessageOf<string>>().toEqualTypeOf<never>()
    expect(Object.keys(Mood.schema.properties)).toStrictEqual(['kind', 'strength', 'since', 'note'])
  })
})
