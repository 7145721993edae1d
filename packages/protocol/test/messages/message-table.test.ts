import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, it } from 'vitest'
import { BadPayload } from '../../src/codec/compile-codec.ts'
import {
  CLIENT_MESSAGES,
  decodePayload,
  DEFAULT_MAX_PAYLOAD,
  encodeFrame,
  type Frame,
  FrameDecoder,
  GREASE_TYPES,
  isIgnorable,
  MAX_PAYLOAD_CAP,
  type MessageDefinition,
  messageJsonSchemas,
  messageOfType,
  MESSAGES,
  SERVER_MESSAGES,
} from '../../src/index.ts'
import { specTable } from '../spec-document.ts'

const WIRE_NAMES: Record<string, string> = { uint8: 'u8', uint16: 'u16', uint32: 'u32', text: 'text' }

const samples: Record<string, Record<string, unknown>> = {
  HELLO: { minVersion: 1, maxVersion: 2, maxPayload: 65_535, agent: 'demo/1.0' },
  WELCOME: { version: 1, maxName: 1_024, maxPayload: 4_096, maxInFlight: 256, idleTimeoutMs: 0, agent: '' },
  NAME: { name: 'Zoë' },
  GREETING: { greeting: 'Hello\nZoë' },
  ERROR: { code: 0x0101, detail: 0xffff_ffff, message: 'name is empty' },
  PING: {},
  PONG: {},
  CANCEL: {},
  GOODBYE: { reason: 1, message: '' },
}

const definitions = MESSAGES as unknown as readonly MessageDefinition[]
const sampleOf = (definition: MessageDefinition): Record<string, unknown> => samples[definition.name] ?? {}

describe('MESSAGES', () => {
  const registry = specTable('frames')

  it('are the registered frames', () => {
    const registered = registry.map(({ type, frame }) => ({ type: Number(type), name: frame }))
    const ours = definitions.map(({ type, name }) => ({ type, name })).toSorted((one, other) => one.type - other.type)
    expect(ours).toStrictEqual(registered)
  })

  it.each(registry)('$frame has the registered direction, fields and lengths', (row) => {
    const definition = messageOfType(Number(row['type'])) as MessageDefinition
    const senders = row['direction'] === 'C→S' ? CLIENT_MESSAGES : SERVER_MESSAGES
    expect(senders).toContain(definition)

    const fields = Object.entries(definition.schema.properties).map(
      ([field, property]) => `${field} ${WIRE_NAMES[String(property['wire'])]}`,
    )
    expect(fields.join(', ') || 'empty').toBe(row['payload'])

    const longest = row['longest']?.includes('maxPayload') ? MAX_PAYLOAD_CAP : Number(row['longest']?.replace(',', ''))
    expect(definition.codec).toMatchObject({ minLength: Number(row['shortest']), maxLength: longest })
  })

  it.each(definitions)('$name goes through encoder and decoder', (definition) => {
    const decoder = new FrameDecoder()
    decoder.push(encodeFrame(definition, sampleOf(definition), 0xfedc_ba98))
    const { type, id, payload } = decoder.next() as Frame
    expect({ type, id }).toStrictEqual({ type: definition.type, id: 0xfedc_ba98 })
    expect(decodePayload(definition, payload)).toStrictEqual(sampleOf(definition))
  })

  it.each(definitions.filter(({ codec }) => codec.maxLength < MAX_PAYLOAD_CAP))(
    '$name is decoded up to its longest payload and not beyond',
    ({ codec }) => {
      const payload = new Uint8Array(codec.maxLength + 1).fill(0x61)
      expect(codec.decode(payload, 0, codec.maxLength)).not.toBeInstanceOf(BadPayload)
      expect(codec.decode(payload, 0, codec.maxLength + 1)).toBeInstanceOf(BadPayload)
      if (codec.minLength > 0) expect(codec.decode(payload, 0, codec.minLength - 1)).toBeInstanceOf(BadPayload)
    },
  )

  it('fit into the lowest payload limit where they are not the answer or the name', () => {
    for (const { name, codec } of definitions)
      if (name !== 'GREETING' && name !== 'NAME') expect(codec.maxLength).toBeLessThanOrEqual(DEFAULT_MAX_PAYLOAD)
  })

  it.each(['HELLO', 'NAME'])('%s is refused for an ill-formed text', (name) => {
    const { codec } = definitions.find((definition) => definition.name === name) as MessageDefinition
    const payload = new Uint8Array(codec.minLength + 1).fill(0xff)
    expect(codec.decode(payload, 0, payload.length)).toBeInstanceOf(BadPayload)
  })

  it.each(['WELCOME', 'ERROR', 'GOODBYE'])('%s is not refused for the characters of its text', (name) => {
    const { codec } = definitions.find((definition) => definition.name === name) as MessageDefinition
    const payload = new Uint8Array(codec.minLength + 1).fill(0xff)
    expect(codec.decode(payload, 0, payload.length)).toHaveProperty(codec.text?.field as string, '\ufffd')
  })
})

describe('messageOfType', () => {
  it('knows exactly the assigned types', () => {
    for (let type = 0; type < 256; type++) expect(messageOfType(type) !== undefined).toBe(type >= 1 && type <= 9)
  })
})

describe('isIgnorable', () => {
  it('holds from 0x80 on', () => {
    for (let type = 0; type < 256; type++) expect(isIgnorable(type)).toBe(type >= 0x80)
  })

  it('holds for grease', () => {
    expect(GREASE_TYPES).toStrictEqual([0x8a, 0x9a, 0xaa, 0xba, 0xca, 0xda, 0xea, 0xfa])
    expect(GREASE_TYPES.every(isIgnorable)).toBe(true)
  })
})

describe('messageJsonSchemas', () => {
  const schemas = messageJsonSchemas()
  // The keywords that tell how a field lies on the wire mean nothing to a validator.
  const ajv = new Ajv2020({ keywords: ['wire', 'maxBytes', 'controls', 'repair'] })
  const validatorOf = (name: string): ((value: unknown) => boolean) => {
    const validate = ajv.getSchema(name) ?? ajv.compile(schemas[name] as object)
    return (value) => validate(value) as boolean
  }

  it('has a schema for every message, as plain JSON', () => {
    expect(Object.keys(schemas).toSorted()).toStrictEqual(definitions.map(({ name }) => name).toSorted())
    expect(JSON.parse(JSON.stringify(schemas))).toStrictEqual(schemas)
  })

  it.each(definitions)('describes $name for a standard validator', (definition) => {
    const sample = sampleOf(definition)
    const isValid = validatorOf(definition.name)
    expect(isValid(sample)).toBe(true)
    expect(isValid({ ...sample, stranger: 1 })).toBe(false)
    for (const [field, property] of Object.entries(definition.schema.properties)) {
      const { [field]: _left, ...without } = sample
      expect(isValid(without)).toBe(false)
      const bad = property['wire'] === 'text' ? [1, null] : [-1, 0.5, Number(property['maximum']) + 1, '1']
      for (const value of bad) expect(isValid({ ...sample, [field]: value })).toBe(false)
    }
  })
})
