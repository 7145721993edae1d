import { describe, expect, it } from 'vitest'
import { Text, Uint16, Uint32, Uint8 } from '../../src/codec/fields.ts'

describe('integer fields', () => {
  it.each([
    { wire: 'uint8', schema: Uint8(), maximum: 255 },
    { wire: 'uint16', schema: Uint16(), maximum: 65_535 },
    { wire: 'uint32', schema: Uint32(), maximum: 4_294_967_295 },
  ])('$wire goes from 0 to $maximum', ({ wire, schema, maximum }) => {
    expect(schema).toMatchObject({ type: 'integer', minimum: 0, maximum, wire })
  })
})

describe('Text', () => {
  it('allows the longest payload by default', () => {
    expect(Text()).toMatchObject({ type: 'string', wire: 'text', maxBytes: 65_535 })
  })

  it('keeps what it is told in its schema', () => {
    expect(Text({ maxBytes: 7, controls: true, repair: true })).toMatchObject({
      maxBytes: 7,
      controls: true,
      repair: true,
    })
  })
})
