/** Shards: what the end of one does to connections, and greeters that take their time where they were asked. */

import { describe, expect, it } from 'vitest'
import { cancel, error, greeting, name, ping, pong } from './frames.ts'
import { PUPPET, Puppet } from './puppet.ts'
import { EAGERLY, next, open, start } from './rig.ts'
import type { Server, ServeOptions } from '../../src/index.ts'
import type { Target } from './target.ts'
import type { Wire } from './wire.ts'

/** What a server does with its shards. */
export function testShard(target: Target): void {
  const startShards = (options: ServeOptions = {}) => start(target, { threading: 'shard', greeter: PUPPET, ...options })

  describe('a shard that dies', () => {
    it.each(['exit', 'crash', 'crash-by-rejection'])('by %s ends its connections only', async (death) => {
      const server = await startShards({ threads: 2 })
      const [doomed, other] = await openOnEach(server)
      const [lost, ready] = [next(server, 'thread-lost'), next(server, 'thread-ready')]
      doomed.send(name(9, death))
      const { index, loss } = await lost
      expect(loss).toBe('exit')
      // Without GOODBYE or ERROR, so the client knows that its requests may have been executed.
      expect((await doomed.framesToEnd()).frames).toEqual([])
      expect(await ready).toEqual({ index })
      expect(await other.send(name(9, 'Ada')).frame()).toEqual(greeting(9, 'Hello Ada'))
      expect(server.stats()).toMatchObject({ threadsReady: 2, threadsLost: 1, connectionsOpen: 1 })
      const [one, another] = await openOnEach(server)
      expect(await one.send(name(9, 'Ada')).frame()).toEqual(greeting(9, 'Hello Ada'))
      expect(await another.send(name(9, 'Ada')).frame()).toEqual(greeting(9, 'Hello Ada'))
    })

    it('leaves nobody who connects meanwhile without an answer', async () => {
      const server = await startShards({ threads: 2 })
      const [doomed] = await openOnEach(server)
      const lost = next(server, 'thread-lost')
      const ready = next(server, 'thread-ready')
      doomed.send(name(9, 'exit'))
      await lost
      for (let count = 0; count < 10; count++) {
        expect(await (await open(server.address)).send(name(1, 'Ada')).frame()).toEqual(greeting(1, 'Hello Ada'))
      }
      await ready
    })

    it('by a name that kills every thread is replaced each time', async () => {
      const server = await startShards()
      for (let deaths = 1; deaths <= 3; deaths++) {
        const ready = next(server, 'thread-ready')
        ;(await open(server.address)).send(name(1, 'exit'))
        await ready
        expect(server.stats()).toMatchObject({ threadsReady: 1, threadsLost: deaths, connectionsOpen: 0 })
      }
    })
  })

  describe('a shard that is blocked', () => {
    it('is replaced when its heartbeat stops, and its connections end', async () => {
      using puppet = new Puppet()
      const file = puppet.file()
      const server = await startShards({ threads: 2, heartbeatTimeoutMs: 1_000 })
      const [blocked, other] = await openOnEach(server)
      const [lost, ready] = [next(server, 'thread-lost'), next(server, 'thread-ready')]
      blocked.send(name(9, `block ${file}`))
      await puppet.blocked(file)
      expect(await other.send(name(9, 'Ada')).frame()).toEqual(greeting(9, 'Hello Ada'))
      const { index, loss } = await lost
      expect(loss).toBe('hung')
      expect((await blocked.framesToEnd()).frames).toEqual([])
      expect(await ready).toEqual({ index })
      expect(await other.send(name(10, 'Ada')).frame()).toEqual(greeting(10, 'Hello Ada'))
    })
  })

  describe('a greeter of a shard that takes its time', () => {
    it('delays nobody while it waits', async () => {
      using puppet = new Puppet()
      const key = puppet.key()
      const wire = await open((await startShards()).address)
      wire.send(name(1, `hold ${key}`), name(2, 'Ada'))
      expect(await wire.frame()).toEqual(greeting(2, 'Hello Ada'))
      puppet.release(key)
      expect(await wire.frame()).toEqual(greeting(1, `Released ${key}`))
    })

    it('gets GREETER_TIMEOUT, and its thread lives', async () => {
      using puppet = new Puppet()
      const key = puppet.key()
      const server = await startShards({ greeterTimeoutMs: 50 })
      const wire = await open(server.address)
      expect(await wire.send(name(1, `hold ${key}`)).frame()).toEqual(error(1, 'GREETER_TIMEOUT'))
      puppet.release(key)
      expect(await wire.send(name(2, 'Ada')).frame()).toEqual(greeting(2, 'Hello Ada'))
      expect(server.stats().threadsLost).toBe(0)
    })

    it('makes the next ones OVERLOADED when as many wait as may', async () => {
      using puppet = new Puppet()
      const keys = [puppet.key(), puppet.key()]
      const wire = await open((await startShards({ queueRequests: 2 })).address)
      wire.send(...keys.map((key, index) => name(index + 1, `hold ${key}`)), name(3, 'Ada'))
      expect(await wire.frame()).toMatchObject({ frame: 'ERROR', id: 3, code: 'OVERLOADED' })
      for (const [index, key] of keys.entries()) {
        puppet.release(key)
        expect(await wire.frame()).toEqual(greeting(index + 1, `Released ${key}`))
      }
      expect(await wire.send(name(4, 'Ada')).frame()).toEqual(greeting(4, 'Hello Ada'))
    })

    it('answers after a CANCEL when it lets go', async () => {
      using puppet = new Puppet()
      const key = puppet.key()
      const wire = await open((await startShards()).address)
      wire.send(name(1, `hold ${key}`))
      await puppet.started(key)
      expect(await wire.send(cancel(1), ping(7)).frame()).toEqual(pong(7))
      puppet.release(key)
      expect(await wire.frame()).toEqual(greeting(1, `Released ${key}`))
    })
  })
}

/** Opens connections until two shards have one, and returns one of each; the others are released. */
async function openOnEach(server: Server): Promise<[Wire, Wire]> {
  const wires = new Map<unknown, Wire>()
  const { connectionsOpen } = server.stats()
  while (wires.size < 2) {
    const wire = await open(server.address)
    const { greeting: thread } = await wire.send(name(1, 'thread')).frame()
    if (wires.has(thread)) wire.close()
    else wires.set(thread, wire)
  }
  await expect.poll(() => server.stats().connectionsOpen, EAGERLY).toBe(connectionsOpen + 2)
  return [...wires.values()] as [Wire, Wire]
}
