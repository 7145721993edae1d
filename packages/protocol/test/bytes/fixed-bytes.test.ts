import { describe, expect, it } from 'vitest'
import { FixedBytes } from '../../src/bytes/fixed-bytes.ts'

describe('FixedBytes', () => {
  it.each([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 16, 31])('writes %d bytes and touches nothing around them', (length) => {
    const memory = Uint8Array.from({ length: length + 3 }, (_, index) => 1 + index)
    const bytes = memory.subarray(3)
    const target = new Uint8Array(length + 6).fill(0xee)
    new FixedBytes(bytes).writeTo(new DataView(target.buffer), 3)
    expect([...target]).toEqual([0xee, 0xee, 0xee, ...bytes, 0xee, 0xee, 0xee])
  })
})
