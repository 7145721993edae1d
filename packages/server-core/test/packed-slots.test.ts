import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { MAX_PACKED_SLOTS, PACKED_SLOTS_BYTES, type PackedSlots, SlotReader, SlotWriter } from '../src/packed-slots.ts'

/** Both sides of one memory. */
function sides() {
  const words = new Int32Array(new SharedArrayBuffer(PACKED_SLOTS_BYTES))
  return { writer: new SlotWriter(words), reader: new SlotReader(words) }
}

function read(reader: SlotReader, packed: PackedSlots): (readonly [slot: number, content: string | number])[] {
  reader.begin(packed)
  return Array.from({ length: packed.count }, () => {
    reader.next()
    return [reader.slot, reader.mark < 0 ? reader.mark : reader.text] as const
  })
}

describe('packed slots', () => {
  it('bring each slot its text or its mark', () => {
    const { writer, reader } = sides()
    writer.add(7, 'Ada')
    writer.mark(3, -1)
    writer.add(4_095, '')
    writer.add(0, 'Grace Hopper, Zoë, 李')
    expect(read(reader, writer.take())).toEqual([
      [7, 'Ada'],
      [3, -1],
      [4_095, ''],
      [0, 'Grace Hopper, Zoë, 李'],
    ])
  })

  it('may wait for their reader, as many as there is room for', () => {
    const { writer, reader } = sides()
    for (let round = 0; round < 3; round++) {
      const texts = Array.from({ length: MAX_PACKED_SLOTS - 1 }, (_, index) => `${round} ${index}`)
      const taken = [texts.slice(0, 1_000), texts.slice(1_000)].map((part) => {
        for (const text of part) writer.add(1, text)
        return writer.take()
      })
      expect(taken.flatMap((packed) => read(reader, packed)).map(([, text]) => text)).toEqual(texts)
    }
  })

  it('begin anew with each message', () => {
    const { writer, reader } = sides()
    writer.add(1, 'Ada')
    expect([writer.count, writer.take().count, writer.count]).toEqual([1, 1, 0])
    writer.add(2, 'Bob')
    reader.begin({ count: 1, texts: 'Ada' })
    reader.next()
    expect(read(reader, writer.take())).toEqual([[2, 'Bob']])
  })
  it('bring texts that do not keep the others of their message in memory', () => {
    const { writer, reader } = sides()
    const before = heapBytes()
    const kept = Array.from({ length: 100 }, (_, round) => {
      writer.add(0, `a text that somebody keeps, ${round}`)
      writer.add(1, `${round}`.repeat(500_000))
      return read(reader, writer.take())[0]
    })
    const grownBy = heapBytes() - before
    expect(kept[99]).toEqual([0, 'a text that somebody keeps, 99'])
    expect(grownBy).toBeLessThan(20_000_000)
  })
})

/** What the heap holds after everything that nobody keeps was thrown away. Bun does not count all of it, so only Node finds much. */
function heapBytes(): number {
  const { Bun } = globalThis as { Bun?: { gc(force: boolean): void } }
  if (Bun) Bun.gc(true)
  else {
    setFlagsFromString('--expose-gc')
    ;(runInNewContext('gc') as () => void)()
  }
  return process.memoryUsage().heapUsed
}
