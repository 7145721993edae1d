import { encodeFrame, MESSAGES, type MessageDefinition } from '@greetwire/protocol'
import { describe, expect, it } from 'vitest'
import { describeFrame } from '../../src/frames/frame-description.ts'

const VALUES: Record<string, Record<string, unknown>> = {
  HELLO: { minVersion: 1, maxVersion: 1, maxPayload: 4_096, agent: 'a' },
  WELCOME: { version: 1, maxName: 1, maxPayload: 4_096, maxInFlight: 1, idleTimeoutMs: 0, agent: '' },
  NAME: { name: 'Ada' },
  GREETING: { greeting: '' },
  ERROR: { code: 0x0101, detail: 0, message: 'no' },
  GOODBYE: { reason: 1, message: '' },
}

const bytesOf = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'))

describe('describeFrame', () => {
  it.each(MESSAGES.map((definition) => [definition.name, definition as unknown as MessageDefinition] as const))(
    'covers every byte of %s by its fields and finds nothing wrong with it',
    (name, definition) => {
      const id = name === 'HELLO' || name === 'WELCOME' ? 0 : 9
      const frame = encodeFrame(definition, VALUES[name] ?? {}, id)
      const { fields, values, problem } = describeFrame(frame)
      expect(Buffer.concat(fields.map(({ bytes }) => bytes))).toEqual(Buffer.from(frame))
      expect(values).toEqual(VALUES[name] ?? {})
      expect(problem).toBeUndefined()
    },
  )

  it.each([
    ['UNKNOWN_TYPE', 'type', '000000 0a 00000000'],
    ['UNKNOWN_TYPE', 'type', '000000 40 00000000'],
    ['PROTOCOL_VIOLATION', 'length', '000001 06 00000000 00'],
    ['PROTOCOL_VIOLATION', 'length', '000003 05 00000001 010100'],
    ['PROTOCOL_VIOLATION', 'id', '000001 03 00000000 41'],
    ['PROTOCOL_VIOLATION', 'id', '000000 08 00000000'],
    ['PROTOCOL_VIOLATION', 'minVersion', '000008 01 00000000 0000 0001 00001000'],
    ['PROTOCOL_VIOLATION', 'maxVersion', '000008 01 00000000 0002 0001 00001000'],
    ['UNSUPPORTED_VERSION', 'minVersion', '000008 01 00000000 0002 0003 00000000'],
    ['PROTOCOL_VIOLATION', 'maxPayload', '000008 01 00000000 0001 0001 00000fff'],
    ['PROTOCOL_VIOLATION', 'agent', '000009 01 00000000 0001 0001 00001000 0a'],
    ['PROTOCOL_VIOLATION', 'version', '000010 02 00000000 0002 0400 00001000 00000100 00000000'],
    ['PROTOCOL_VIOLATION', 'maxName', '000010 02 00000000 0001 0000 00001000 00000100 00000000'],
    ['PROTOCOL_VIOLATION', 'maxInFlight', '000010 02 00000000 0001 0400 00001000 00000000 00000000'],
    ['PROTOCOL_VIOLATION', 'code', '000006 05 00000000 0101 00000000'],
    ['PROTOCOL_VIOLATION', 'code', '000006 05 00000001 0001 00000000'],
    ['PROTOCOL_VIOLATION', 'greeting', '000001 04 00000001 ff'],
    ['INVALID_NAME', 'name', '000000 03 00000001'],
    ['INVALID_NAME', 'name', '000002 03 00000001 c080'],
  ])('finds %s in field %s of %s', (code, field, hex) => {
    expect(describeFrame(bytesOf(hex)).problem).toMatchObject({ code, field })
  })
})
