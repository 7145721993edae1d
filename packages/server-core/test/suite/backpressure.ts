/** That clients which do not read, or ask for more than they may, cost bounded memory and nobody else's time. */

import { describe, expect, it } from 'vitest'
import { keepWriting, standsStill } from './busy-client.ts'
import { cancel, greeting, hello, join, name, ping, pong } from './frames.ts'
import { PUPPET, Puppet } from './puppet.ts'
import { dial, open, start } from './rig.ts'
import { MODELS, type Target } from './target.ts'
import type { Wire } from './wire.ts'

const MIB = 1_048_576
/** What a server without bounds would take of a client; far above what the buffers of the kernel hold. */
const FLOOD_BYTES = 128 * MIB
/** Far above 64 KiB of output and 16 answers of 64 KiB for each of 8 connections, far below the 200 MiB that they ask for. */
const GROWTH_LIMIT = 128 * MIB
const LONG_GREETING = 65_000

/** What every server does under load. */
export function testBackpressure(target: Target): void {
  describe.each(MODELS)('a client of %s that never reads', (threading) => {
    it('is read no further while its PONGs wait, and gets every one of them once it reads', async () => {
      const server = await start(target, { threading, threads: 2 })
      const other = await open(server.address)
      const wire = await dial(server.address)
      wire.pause()
      const before = process.memoryUsage().rss
      const flood = keepWriting(wire, join(...Array.from({ length: 8_192 }, () => ping(7))), FLOOD_BYTES)
      await standsStill(() => flood.bytes)
      expect(flood.bytes).toBeLessThan(FLOOD_BYTES)
      expect(process.memoryUsage().rss - before).toBeLessThan(GROWTH_LIMIT)
      await expectGreetings(other, 1)
      flood.stop()
      wire.resume().fin()
      expect(await wire.ended()).toBe('FIN')
      expect(wire.bytesReceived).toBe(wire.socket.bytesWritten)
    })

    it('costs a bounded amount of memory for large answers, however many it asks for', async () => {
      const server = await start(target, { threading, threads: 2, greeter: PUPPET, maxInFlight: 16 })
      const other = await open(server.address)
      const requests = join(...Array.from({ length: 400 }, (_, index) => name(index + 1, `long ${LONG_GREETING}`)))
      const before = process.memoryUsage().rss
      const wires = await Promise.all(Array.from({ length: 8 }, () => dial(server.address)))
      for (const wire of wires) wire.pause().send(hello(65_535), requests)
      await standsStill(() => server.stats().requests)
      expect(server.stats().requests).toBeLessThan(400 * wires.length)
      expect(process.memoryUsage().rss - before).toBeLessThan(GROWTH_LIMIT)
      await expectGreetings(other, 1)
      for (const wire of wires) wire.reset()
      await expectGreetings(other, 101)
    })

    it('gets everything once it reads, with all places taken, output waiting and a FIN behind', async () => {
      const server = await start(target, { threading, threads: 2, greeter: PUPPET, maxInFlight: 4 })
      const wire = await dial(server.address)
      const ids = Array.from({ length: 300 }, (_, index) => index + 1)
      // Most CANCELs come too late; a thread that was slow makes one act.
      const frames = ids.flatMap((id) => [
        name(id, `long-later ${LONG_GREETING / 2}`),
        ping(id),
        ...(id > 10 ? [cancel(id - 10)] : []),
      ])
      wire
        .pause()
        .send(hello(65_535), join(...frames))
        .fin()
      await standsStill(() => server.stats().requests)
      expect(server.stats().requests).toBeLessThan(ids.length)
      wire.resume()
      const received = await wire.framesToFin()
      expect(received.filter((each) => each.frame === 'PONG')).toEqual(ids.map((id) => pong(id)))
      const ends = received.filter((each) => each.frame === 'GREETING' || each['code'] === 'CANCELLED')
      expect(ends.map(({ id }) => id).toSorted((a, b) => a - b)).toEqual(ids)
      expect(received).toHaveLength(2 * ids.length + 1)
    })
  })

  describe.each(MODELS)('a NAME of %s that finds no place', (threading) => {
    it('keeps nothing in front of it waiting, and everything behind it', async () => {
      using puppet = new Puppet()
      const server = await start(target, { threading, threads: 2, greeter: PUPPET, maxInFlight: 2 })
      const wire = await open(server.address)
      const [first, second] = [puppet.key(), puppet.key()]
      wire.send(join(name(1, `hold ${first}`), name(2, `hold ${second}`)))
      await Promise.all([puppet.started(first), puppet.started(second)])
      wire.send(join(cancel(2), ping(7), name(3, 'Ada'), ping(8))).fin()
      expect(await wire.frame()).toEqual(pong(7))
      puppet.release(first)
      expect(await wire.frames(3)).toEqual(
        expect.arrayContaining([greeting(1, `Released ${first}`), greeting(3, 'Hello Ada'), pong(8)]),
      )
      puppet.release(second)
      const [last, ...more] = await wire.framesToFin()
      expect(more).toEqual([])
      expect(last?.id).toBe(2)
    })

    it('delays no other connection', async () => {
      using puppet = new Puppet()
      const server = await start(target, { threading, threads: 2, greeter: PUPPET, maxInFlight: 1 })
      const [wire, other] = [await open(server.address), await open(server.address)]
      const key = puppet.key()
      wire.send(join(name(1, `hold ${key}`), ...Array.from({ length: 1_000 }, (_, index) => name(index + 2, 'Ada'))))
      await puppet.started(key)
      await expectGreetings(other, 1)
      puppet.release(key)
      expect(await wire.frames(1_001)).toHaveLength(1_001)
    })
  })
}

/** A hundred round trips. */
async function expectGreetings(wire: Wire, firstId: number): Promise<void> {
  for (let id = firstId; id < firstId + 100; id++)
    expect(await wire.send(name(id, 'Ada')).frame()).toEqual(greeting(id, 'Hello Ada'))
}
