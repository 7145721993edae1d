import { describe, expect, it } from 'vitest'
import { KeptBytes } from '../../src/bytes/kept-bytes.ts'
import { byteByByte, forEveryDelivery } from '../delivery.ts'
import { utf8 } from '../raw-frames.ts'
import { byteCostOf } from './allocations.ts'

const contentOf = ({ bytes, start, end }: KeptBytes): Uint8Array => bytes.slice(start, end)

describe('KeptBytes', () => {
  it('uses a chunk in place while nothing else is kept', () => {
    const kept = new KeptBytes()
    const chunk = utf8('abc')
    kept.append(chunk)
    expect(kept.bytes).toBe(chunk)
    expect(kept.length).toBe(3)
  })

  it('holds the same bytes however they arrived, without writing into a chunk', () => {
    forEveryDelivery(utf8('0123456789'), (chunks) => {
      const kept = new KeptBytes()
      for (const chunk of chunks) kept.append(chunk)
      kept.consume(3)
      return contentOf(kept)
    })
  })

  it('keeps its content through appending and consuming in turn', () => {
    const kept = new KeptBytes()
    let expected: number[] = []
    for (let round = 0; round < 1_000; round++) {
      const chunk = Uint8Array.from({ length: (round * 7) % 23 }, (_, index) => (round + index) & 0xff)
      kept.append(chunk)
      expected = [...expected, ...chunk]
      const count = Math.min((round * 5) % 19, expected.length)
      kept.consume(count)
      expected = expected.slice(count)
      expect([...contentOf(kept)]).toStrictEqual(expected)
      if (round % 3 === 0) kept.release()
    }
  })

  it('lets go of everything that is consumed or cleared', () => {
    const kept = new KeptBytes()
    kept.append(new Uint8Array(100))
    kept.consume(100)
    expect(kept.bytes.length).toBe(0)
    kept.append(new Uint8Array(100))
    kept.clear()
    expect(kept.bytes.length).toBe(0)
    expect(kept.length).toBe(0)
  })

  it('copies a small rest out of a large chunk', () => {
    const kept = new KeptBytes()
    const chunk = Uint8Array.from({ length: 65_536 }, (_, index) => index & 0xff)
    kept.append(chunk)
    kept.consume(65_533)
    kept.release()
    expect([...contentOf(kept)]).toStrictEqual([0xfd, 0xfe, 0xff])
    expect(kept.bytes.buffer.byteLength).toBeLessThanOrEqual(6)
  })

  it('copies a small rest out of the buffer that a chunk was appended to', () => {
    const kept = new KeptBytes()
    kept.append(new Uint8Array(3))
    kept.append(new Uint8Array(65_536))
    kept.consume(65_534)
    kept.release()
    expect(kept.length).toBe(5)
    expect(kept.bytes.buffer.byteLength).toBeLessThanOrEqual(10)
  })

  it('leaves a rest that is most of its chunk where it is', () => {
    const kept = new KeptBytes()
    const chunk = new Uint8Array(100)
    kept.append(chunk)
    kept.consume(10)
    kept.release()
    expect(kept.bytes).toBe(chunk)
  })

  it('copies a linear number of bytes when they arrive one by one', () => {
    const size = 65_535
    const chunks = byteByByte(new Uint8Array(size))
    const { copied, allocated } = byteCostOf(() => {
      const kept = new KeptBytes()
      for (const chunk of chunks) kept.append(chunk)
    })
    expect(copied).toBeLessThan(3 * size)
    expect(allocated).toBeLessThan(5 * size)
  })

  it('copies a linear number of bytes when a few always stay', () => {
    const rounds = 20_000
    const chunks = Array.from({ length: rounds }, () => new Uint8Array(10))
    const { copied, largest } = byteCostOf(() => {
      const kept = new KeptBytes()
      for (const chunk of chunks) {
        kept.append(chunk)
        kept.consume(kept.length === 10 ? 5 : 10)
      }
    })
    expect(copied).toBeLessThan(3 * 10 * rounds)
    expect(largest).toBeLessThan(100)
  })
})
