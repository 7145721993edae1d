/** The pool: requests of one connection in several threads, the queue, lost and hanging threads, cancelling. */

import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { cancel, error, greeting, name, ping, pong, type ReceivedFrame } from './frames.ts'
import { PUPPET, Puppet } from './puppet.ts'
import { EAGERLY, next, open, start } from './rig.ts'
import { startProcess } from './server-process.ts'
import type { Target } from './target.ts'

/** More than one batch holds, and less than a connection may have in flight. */
const FLOOD = 200

/** What a server does with its pool of threads. */
export function testPool(target: Target): void {
  const startPool = (options: object = {}) => start(target, { threading: 'pool', greeter: PUPPET, ...options })

  describe('threads of a pool', () => {
    it('greet two names of one connection at the same time', async () => {
      using puppet = new Puppet()
      const [first, second] = [puppet.file(), puppet.file()]
      const wire = await open((await startPool({ threads: 2 })).address)
      wire.send(name(1, `block ${first}`), name(2, `block ${second}`))
      await Promise.all([puppet.blocked(first), puppet.blocked(second)])
      puppet.unblock(second)
      expect(await wire.frame()).toEqual(greeting(2, 'Unblocked'))
      puppet.unblock(first)
      expect(await wire.frame()).toEqual(greeting(1, 'Unblocked'))
    })

    it('take over what waits behind a name that takes long', async () => {
      using puppet = new Puppet()
      const file = puppet.file()
      const wire = await open((await startPool({ threads: 2 })).address)
      const others = Array.from({ length: FLOOD }, (_, index) => index + 2)
      wire.send(Buffer.concat([name(1, `block ${file}`), ...others.map((id) => name(id, `${id}`))]))
      const frames = await wire.frames(FLOOD)
      expect(byId(frames)).toEqual(others.map((id) => greeting(id, `Hello ${id}`)))
      puppet.unblock(file)
      expect(await wire.frame()).toEqual(greeting(1, 'Unblocked'))
    })

    it('serve the connections in turn, however much one of them asks', async () => {
      using puppet = new Puppet()
      const file = puppet.file()
      const server = await startPool()
      const flooding = await open(server.address)
      const other = await open(server.address)
      flooding.send(name(1, `block ${file}`))
      await puppet.blocked(file)
      flooding.send(Buffer.concat(Array.from({ length: FLOOD }, (_, index) => name(index + 2, 'turn'))))
      // What was handed to the thread comes back when that shows no life.
      await expect.poll(() => server.stats().queued, EAGERLY).toBe(FLOOD)
      other.send(name(1, 'turn'), name(2, 'turn'))
      await expect.poll(() => server.stats().queued, EAGERLY).toBe(FLOOD + 2)
      puppet.unblock(file)
      const turns = (await other.frames(2)).map((frame) => Number(frame['greeting']))
      expect(turns[0]).toBeLessThan(FLOOD / 2)
      expect(turns[1]).toBe((turns[0] as number) + 2)
      expect(await flooding.frames(FLOOD + 1)).toHaveLength(FLOOD + 1)
    })
  })

  describe.runIf(process.platform === 'linux')('on Linux', () => {
    it('the threads of a pool make way for the one with the sockets', async () => {
      const { pid } = await startProcess(target, { port: 0, threads: 2, threading: 'pool' })
      const { main, others } = niceValues(pid)
      // A thread that a runtime starts from a greeting thread has its value. 19 is the highest there is.
      expect(others.filter((nice) => nice === Math.min(main + 2, 19)).length).toBeGreaterThanOrEqual(2)
    })

    it('the threads of shards are all alike', async () => {
      const { pid } = await startProcess(target, { port: 0, threads: 2, threading: 'shard' })
      const { main, others } = niceValues(pid)
      expect(new Set(others)).toEqual(new Set([main]))
    })
  })

  describe('the queue of a pool', () => {
    it.each([
      ['requests', { queueRequests: 2 }],
      ['bytes', { queueBytes: 200 }],
    ])('answers OVERLOADED when it is full of %s, and takes more when there is room', async (_what, limit) => {
      using puppet = new Puppet()
      const file = puppet.file()
      const wire = await open((await startPool(limit)).address)
      wire.send(name(1, `block ${file}`))
      await puppet.blocked(file)
      const ids = Array.from({ length: FLOOD }, (_, index) => index + 2)
      for (const id of ids) wire.send(name(id, `${id}`))
      const early = await wire.frames(10)
      expect(new Set(early.map(({ code }) => code))).toEqual(new Set(['OVERLOADED']))
      expect(early.every(({ detail }) => (detail as number) > 0)).toBe(true)
      puppet.unblock(file)
      const late = await wire.frames(FLOOD + 1 - 10)
      expect(byId([...early, ...late]).map(({ id }) => id)).toEqual([1, ...ids])
      for (const frame of late) {
        const { id } = frame
        if (frame.frame === 'ERROR') expect(frame['code']).toBe('OVERLOADED')
        else expect(frame).toEqual(greeting(id, id === 1 ? 'Unblocked' : `Hello ${id}`))
      }
      expect(late.filter((frame) => frame.frame === 'GREETING').length).toBeGreaterThan(1)
      expect(await wire.send(name(FLOOD + 2, 'Ada')).frame()).toEqual(greeting(FLOOD + 2, 'Hello Ada'))
    })

    it('drops what a connection that is gone left there', async () => {
      using puppet = new Puppet()
      const file = puppet.file()
      const server = await startPool()
      const gone = await open(server.address)
      gone.send(name(1, `block ${file}`))
      await puppet.blocked(file)
      for (let id = 2; id < 12; id++) gone.send(name(id, 'exit'))
      await expect.poll(() => server.stats().queued, EAGERLY).toBe(10)
      gone.reset()
      await expect.poll(() => server.stats(), EAGERLY).toMatchObject({ queued: 0, connectionsOpen: 0 })
      puppet.unblock(file)
      expect(await (await open(server.address)).send(name(1, 'Ada')).frame()).toEqual(greeting(1, 'Hello Ada'))
      expect(server.stats().threadsLost).toBe(0)
    })
  })

  describe('a thread of a pool that dies', () => {
    it.each(['exit', 'crash', 'crash-by-rejection'])('by %s loses what it ran, and nothing else', async (death) => {
      const server = await startPool()
      const bystander = await open(server.address)
      const wire = await open(server.address)
      const ready = next(server, 'thread-ready')
      wire.send(Buffer.concat([name(1, death), name(2, 'Ada'), name(3, 'Grace')]))
      expect(byId(await wire.frames(3))).toEqual([
        error(1, 'THREAD_LOST'),
        greeting(2, 'Hello Ada'),
        greeting(3, 'Hello Grace'),
      ])
      expect(await ready).toEqual({ index: 0 })
      expect(await wire.send(name(4, 'Alan')).frame()).toEqual(greeting(4, 'Hello Alan'))
      expect(await bystander.send(name(1, 'Alan')).frame()).toEqual(greeting(1, 'Hello Alan'))
      expect(server.stats()).toMatchObject({ threadsReady: 1, threadsLost: 1, connectionsOpen: 2 })
    })

    it('leaves its queue to the others at once', async () => {
      using puppet = new Puppet()
      const [one, two] = [puppet.key(), puppet.key()]
      const server = await startPool({ threads: 2 })
      const wire = await open(server.address)
      // Started in both threads, so that one of them dies with a greeting under way that is not the cause.
      wire.send(name(1, `hold ${one}`))
      await puppet.started(one)
      wire.send(name(2, `hold ${two}`))
      await puppet.started(two)
      const ready = next(server, 'thread-ready')
      wire.send(name(3, 'crash'), name(4, 'Ada'), name(5, 'Grace'))
      await ready
      puppet.release(one)
      puppet.release(two)
      const frames = byId(await wire.frames(5))
      expect(frames.slice(2)).toEqual([error(3, 'THREAD_LOST'), greeting(4, 'Hello Ada'), greeting(5, 'Hello Grace')])
      for (const { id, ...rest } of frames.slice(0, 2)) {
        const released = greeting(id, `Released ${id === 1 ? one : two}`)
        expect([released, error(id, 'THREAD_LOST')]).toContainEqual({ id, ...rest })
      }
    })
  })

  describe('a greeter of a pool over its time', () => {
    it('gets GREETER_TIMEOUT, and its thread is replaced if it is blocked', async () => {
      using puppet = new Puppet()
      const file = puppet.file()
      const server = await startPool({ greeterTimeoutMs: 50, heartbeatTimeoutMs: 0 })
      const [lost, ready] = [next(server, 'thread-lost'), next(server, 'thread-ready')]
      const wire = await open(server.address)
      wire.send(name(1, `block ${file}`))
      expect(await wire.frame()).toEqual(error(1, 'GREETER_TIMEOUT'))
      expect(await lost).toEqual({ index: 0, loss: 'hung' })
      wire.send(name(2, 'Ada'))
      expect(await ready).toEqual({ index: 0 })
      expect(await wire.frame()).toEqual(greeting(2, 'Hello Ada'))
    })

    it('costs its thread nothing if it only waits', async () => {
      using puppet = new Puppet()
      const key = puppet.key()
      const server = await startPool({ greeterTimeoutMs: 50 })
      const wire = await open(server.address)
      expect(await wire.send(name(1, `hold ${key}`)).frame()).toEqual(error(1, 'GREETER_TIMEOUT'))
      puppet.release(key)
      expect(await wire.send(name(2, 'Ada')).frame()).toEqual(greeting(2, 'Hello Ada'))
      expect(server.stats()).toMatchObject({ threadsReady: 1, threadsLost: 0 })
    })
  })

  describe('CANCEL in a pool', () => {
    it('ends a request that waits for a thread at once', async () => {
      using puppet = new Puppet()
      const file = puppet.file()
      const server = await startPool()
      const wire = await open(server.address)
      wire.send(name(1, `block ${file}`))
      await puppet.blocked(file)
      wire.send(name(2, 'exit'), name(3, 'Ada'), cancel(2))
      expect(await wire.frame()).toEqual(error(2, 'CANCELLED'))
      puppet.unblock(file)
      expect(await wire.frames(2)).toEqual([greeting(1, 'Unblocked'), greeting(3, 'Hello Ada')])
      expect(server.stats().threadsLost).toBe(0)
    })

    it('lets a request that runs answer when its greeter lets go', async () => {
      using puppet = new Puppet()
      const key = puppet.key()
      const wire = await open((await startPool()).address)
      wire.send(name(1, `hold ${key}`))
      await puppet.started(key)
      expect(await wire.send(cancel(1), ping(7)).frame()).toEqual(pong(7))
      puppet.release(key)
      expect(await wire.frame()).toEqual(greeting(1, `Released ${key}`))
    })
  })
}

/** The nice values of the threads of a process. */
function niceValues(pid: number): { readonly main: number; readonly others: readonly number[] } {
  const valueOf = (thread: string): number => {
    try {
      const line = readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8')
      // Behind the name, which may hold spaces, the 17th field (proc_pid_stat(5)).
      return Number(line.slice(line.lastIndexOf(')') + 2).split(' ')[16])
    } catch {
      // It ended since the folder was read.
      return Number.NaN
    }
  }
  const others = readdirSync(`/proc/${pid}/task`).filter((thread) => thread !== String(pid))
  return { main: valueOf(String(pid)), others: others.map(valueOf).filter((nice) => !Number.isNaN(nice)) }
}

function byId(frames: readonly ReceivedFrame[]): ReceivedFrame[] {
  return frames.toSorted((one, other) => one.id - other.id)
}
