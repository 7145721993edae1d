/** How connections end over real sockets: everything written arrives, then a FIN, whatever the client does meanwhile. */

import { readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { Server } from '@greetwire/server-core'
import { keepWriting, readSlowly } from './busy-client.ts'
import { error, frame, goodbye, greeting, header, hello, join, name } from './frames.ts'
import { PUPPET, Puppet } from './puppet.ts'
import { dial, EAGERLY, open, start } from './rig.ts'
import { MODELS, type Target } from './target.ts'
import type { Wire } from './wire.ts'

const LONG_GREETING = 65_000
const COUNT = 65
const GARBAGE = new Uint8Array(65_536).fill(0xff)
/** A reserved type: fatal UNKNOWN_TYPE. */
const VIOLATION = frame(0x7f, 0)

/** Requests of which the answers are 4 MiB together. */
const LARGE = largeRequests(COUNT)

/** That nothing is lost at the end of a connection. */
export function testClosing(target: Target): void {
  describe.each(MODELS)('4 MiB of answers of %s', (threading) => {
    const serve = async (): Promise<{ server: Server; wire: Wire }> => {
      const server = await start(target, { threading, threads: 2, greeter: PUPPET })
      const wire = await dial(server.address)
      await wire.send(hello(65_535)).frame()
      return { server, wire }
    }

    it('arrive at a slow reader that keeps writing behind a violation, then the ERROR, then FIN', async () => {
      const { wire } = await serve()
      readSlowly(wire)
      wire.send(LARGE, VIOLATION)
      const sent = keepWriting(wire, GARBAGE)
      const frames = await wire.framesToFin()
      expect(frames.pop()).toEqual(error(0, 'UNKNOWN_TYPE'))
      expectLarge(frames)
      expect(sent.bytes).toBeGreaterThan(0)
    })

    it('arrive at a slow reader that sent FIN, then FIN', async () => {
      const { wire } = await serve()
      readSlowly(wire)
      wire.send(LARGE).fin()
      expectLarge(await wire.framesToFin())
    })

    it('arrive at a slow reader that keeps writing while the server shuts down, then FIN', async () => {
      const { server, wire } = await serve()
      readSlowly(wire)
      wire.send(LARGE)
      await expect.poll(() => server.stats().requests, EAGERLY).toBe(COUNT)
      const closed = server.close()
      keepWriting(wire, frame(0xff, 0, new Uint8Array(4_096)))
      const frames = await wire.framesToFin()
      const said = frames.findIndex((each) => each.frame === 'GOODBYE')
      expect(frames.splice(said, 1)).toEqual([goodbye(COUNT, 'SHUTTING_DOWN')])
      expectLarge(frames)
      wire.close()
      await closed
    })
  })

  describe.each(MODELS)('a fatal ERROR of %s', (threading) => {
    it('arrives at 50 of 50 clients that keep writing, and then FIN', async () => {
      const server = await start(target, { threading, threads: 2 })
      for (let round = 0; round < 5; round++) {
        const wires = await Promise.all(Array.from({ length: 10 }, () => dial(server.address)))
        const ends = wires.map(async (wire) => {
          wire.send(join(name(1, 'Ada'), header(0, 0x04)))
          keepWriting(wire, GARBAGE)
          const { frames, end } = await wire.framesToEnd()
          wire.close()
          return [end, ...frames]
        })
        for (const outcome of await Promise.all(ends))
          expect(outcome).toEqual(['FIN', greeting(1, 'Hello Ada'), error(0, 'PROTOCOL_VIOLATION')])
      }
    })
  })

  describe.each(MODELS)('the FIN of a client of %s', (threading) => {
    it('waits behind many more names than may be in flight', async () => {
      const server = await start(target, { threading, threads: 2, greeter: PUPPET, maxInFlight: 8 })
      const wire = await open(server.address)
      const ids = Array.from({ length: 3_000 }, (_, index) => index + 1)
      wire.send(join(...ids.map((id) => name(id, `${id % 100 === 0 ? 'later ' : ''}Ada`)))).fin()
      const frames = await wire.framesToFin()
      expect(frames.toSorted((a, b) => a.id - b.id)).toEqual(
        ids.map((id) => greeting(id, id % 100 === 0 ? 'Later Ada' : 'Hello Ada')),
      )
    })

    it('leaves its side open for an answer that takes long', async () => {
      using puppet = new Puppet()
      const server = await start(target, { threading, greeter: PUPPET })
      const wire = await open(server.address)
      const key = puppet.key()
      wire.send(name(1, `hold ${key}`)).fin()
      await puppet.started(key)
      puppet.release(key)
      expect(await wire.framesToFin()).toEqual([greeting(1, `Released ${key}`)])
    })

    it('at once is answered by FIN and nothing else', async () => {
      const server = await start(target, { threading })
      const wire = await dial(server.address)
      expect(await wire.fin().framesToFin()).toEqual([])
    })

    it('inside a frame is a violation behind the answers', async () => {
      const server = await start(target, { threading })
      const wire = await dial(server.address)
      wire.send(join(name(1, 'Ada'), name(2, 'Grace').subarray(0, 10))).fin()
      expect(await wire.framesToFin()).toEqual([greeting(1, 'Hello Ada'), error(0, 'PROTOCOL_VIOLATION')])
    })
  })

  describe.runIf(process.platform === 'linux').each(MODELS)('a reset in %s', (threading) => {
    const resets: [string, (wire: Wire, server: Server, puppet: Puppet) => Promise<void>][] = [
      ['of an idle connection', async () => {}],
      [
        'inside a frame',
        async (wire, server) => {
          const { bytesReceived } = server.stats()
          wire.send(name(1, 'Ada').subarray(0, 9))
          await expect.poll(() => server.stats().bytesReceived, EAGERLY).toBe(bytesReceived + 9)
        },
      ],
      [
        'with a request in flight',
        async (wire, _server, puppet) => {
          const key = puppet.key()
          wire.send(name(1, `hold ${key}`))
          await puppet.started(key)
        },
      ],
      [
        'behind which a NAME waits for a place',
        async (wire, _server, puppet) => {
          const keys = [puppet.key(), puppet.key()]
          wire.send(join(...keys.map((key, index) => name(index + 1, `hold ${key}`)), name(3, 'Ada')))
          await Promise.all(keys.map((key) => puppet.started(key)))
        },
      ],
      [
        'while output waits',
        async (wire, server) => {
          const { requests } = server.stats()
          wire.pause().send(largeRequests(COUNT * 6))
          await expect.poll(() => server.stats().requests, EAGERLY).toBeGreaterThan(requests + 2)
        },
      ],
    ]
    it.each(resets)('%s frees all it held, and no other connection notices', async (_when, prepare) => {
      using puppet = new Puppet()
      const server = await start(target, { threading, threads: 2, greeter: PUPPET, maxInFlight: 2 })
      const other = await open(server.address)
      const before = descriptors()
      for (let round = 0; round < 5; round++) {
        const wire = await dial(server.address)
        await wire.send(hello(65_535)).frame()
        await prepare(wire, server, puppet)
        wire.reset()
      }
      await expect.poll(() => server.stats().connectionsOpen, EAGERLY).toBe(1)
      await expect.poll(descriptors, EAGERLY).toBeLessThanOrEqual(before)
      expect(await other.send(name(1, 'Ada')).frame()).toEqual(greeting(1, 'Hello Ada'))
    })
  })
}

function largeRequests(count: number): Uint8Array {
  return join(...Array.from({ length: count }, (_, index) => name(index + 1, `long ${LONG_GREETING}`)))
}

function expectLarge(frames: readonly { readonly id: number }[]): void {
  expect(frames).toHaveLength(COUNT)
  const greetingText = 'x'.repeat(LONG_GREETING)
  const wrong = frames.filter((each) => (each as { greeting?: unknown })['greeting'] !== greetingText)
  expect(wrong).toEqual([])
  expect(frames.map(({ id }) => id).toSorted((a, b) => a - b)).toEqual(
    Array.from({ length: COUNT }, (_, index) => index + 1),
  )
}

function descriptors(): number {
  return readdirSync('/proc/self/fd').length
}
