import { describe, expect, it } from 'vitest'
import { OUTPUT_HIGH_WATER_BYTES, OutputBuffer } from '../../src/bytes/output-buffer.ts'
import { reuse } from '../../src/bytes/output-memory.ts'
import { byteCostOf } from './allocations.ts'

function append(output: OutputBuffer, ...values: readonly number[]): void {
  const at = output.reserve(values.length)
  output.bytes.set(values, at)
  output.length = at + values.length
}

describe('OutputBuffer', () => {
  it('gives what was appended, once', () => {
    const output = new OutputBuffer()
    append(output, 1, 2)
    append(output, 3)
    expect([...(output.take() ?? [])]).toStrictEqual([1, 2, 3])
    expect(output.take()).toBe(undefined)
  })

  it('does not write into bytes that were taken', () => {
    const output = new OutputBuffer()
    append(output, 1, 2)
    const taken = output.take()
    append(output, 8, 9)
    expect([...(taken ?? [])]).toStrictEqual([1, 2])
    expect([...(output.take() ?? [])]).toStrictEqual([8, 9])
  })

  it('writes again into bytes that were given back, and into no others', () => {
    const output = new OutputBuffer()
    append(output, 1, 2)
    const kept = output.take()
    append(output, 3, 4)
    const released = output.take() as Uint8Array
    reuse(released)
    append(output, 5, 6)
    append(output, 7)
    const longer = output.take()
    append(output, 8, 9)
    expect([...(kept ?? [])]).toStrictEqual([1, 2])
    expect([...(longer ?? [])]).toStrictEqual([5, 6, 7])
    expect([...released]).toStrictEqual([5, 6])
  })

  it('needs no new memory for outputs of the same size that are given back', () => {
    const output = new OutputBuffer()
    const pieces = new Set<Uint8Array>()
    for (let round = 0; round < 10; round++) {
      append(output, 1, 2, 3)
      const taken = output.take() as Uint8Array
      pieces.add(taken)
      reuse(taken)
    }
    expect(pieces.size).toBeLessThanOrEqual(2)
  })

  it('does not keep a large output for a small one', () => {
    const large = new OutputBuffer()
    large.length = large.reserve(140_000) + 140_000
    reuse(large.take() as Uint8Array)
    const small = new OutputBuffer()
    append(small, 2)
    expect(small.take()?.buffer.byteLength).toBeLessThanOrEqual(131_072)
  })

  it('drops what was reserved and not appended', () => {
    const output = new OutputBuffer()
    output.reserve(5_000)
    expect(output.take()).toBe(undefined)
    expect(output.waiting).toBe(0)
  })

  it('counts bytes as waiting until the kernel has them', () => {
    const output = new OutputBuffer()
    append(output, 1, 2, 3)
    expect(output.waiting).toBe(3)
    output.take()
    expect(output.waiting).toBe(3)
    append(output, 4)
    output.accepted(2)
    expect(output.waiting).toBe(2)
    output.accepted(1)
    expect(output.waiting).toBe(1)
  })

  it.each([
    { waiting: OUTPUT_HIGH_WATER_BYTES - 1, full: false },
    { waiting: OUTPUT_HIGH_WATER_BYTES, full: true },
    { waiting: OUTPUT_HIGH_WATER_BYTES + 1, full: true },
  ])('is full: $full with $waiting bytes waiting', ({ waiting, full }) => {
    const output = new OutputBuffer()
    output.length = output.reserve(waiting) + waiting
    expect(output.full).toBe(full)
    output.take()
    expect(output.full).toBe(full)
    output.accepted(waiting)
    expect(output.full).toBe(false)
  })

  it('forgets everything when cleared', () => {
    const output = new OutputBuffer()
    append(output, 1, 2, 3)
    output.take()
    append(output, 4)
    output.clear()
    expect(output.waiting).toBe(0)
    expect(output.take()).toBe(undefined)
  })

  it('copies a linear number of bytes when it grows', () => {
    const { copied } = byteCostOf(() => {
      const output = new OutputBuffer()
      for (let count = 0; count < 100_000; count++) output.length = output.reserve(8) + 8
    })
    expect(copied).toBeLessThan(2 * 800_000)
  })
})
