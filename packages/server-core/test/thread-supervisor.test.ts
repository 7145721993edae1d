import { UsageError } from '@greetwire/protocol'
import { describe, expect, it } from 'vitest'
import type { GreeterSource } from '../src/greeter-source.ts'
import type { SupervisedThread } from '../src/supervised-thread.ts'
import { SUPERVISOR_DEFAULTS, type SupervisorOptions, ThreadSupervisor } from '../src/thread-supervisor.ts'
import { promisesToSettle } from './engine-support.ts'
import { FakeSpawner } from './fake-threads.ts'

function supervisor(options: Partial<SupervisorOptions> = {}) {
  const spawner = new FakeSpawner()
  const events: string[] = []
  const lines: string[] = []
  const supervised = new ThreadSupervisor(
    {
      ...SUPERVISOR_DEFAULTS,
      threads: 2,
      model: 'shard',
      greeter: { kind: 'built-in' },
      spawner,
      log: (_, line) => lines.push(line),
      ...options,
    },
    {
      threadReady: (thread: SupervisedThread) => events.push(`${thread.index} ready`),
      threadLost: (thread, loss) => events.push(`${thread.index} lost ${loss}`),
      threadReport: (thread, report) => events.push(`${thread.index} ${report.kind}`),
    },
  )
  return { supervised, spawner, events, lines }
}

/** Two threads that are ready at 0. */
async function running(options: Partial<SupervisorOptions> = {}) {
  const all = supervisor(options)
  const started = all.supervised.start(0)
  for (const thread of all.spawner.threads) thread.ready()
  await started
  all.events.length = 0
  return all
}

/** Ticks every 100 ms until `until`; thread 0 beats, thread 1 does not. */
function tickWithoutBeat({ supervised, spawner }: Awaited<ReturnType<typeof running>>, until: number): void {
  for (let now = 100; now <= until; now += 100) {
    spawner.threads[0]!.ledger.beat()
    supervised.tick(now)
  }
}

describe('ThreadSupervisor', () => {
  describe('start', () => {
    it('hands each thread its seat, its greeter and its own ledger', () => {
      const { supervised, spawner } = supervisor({ service: (index) => ({ port: 4_356 + index }) })
      void supervised.start(0)
      expect(spawner.threads.map(({ start }) => start)).toMatchObject([
        { index: 0, model: 'shard', greeter: { kind: 'built-in' }, heartbeatMs: 100, service: { port: 4_356 } },
        { index: 1, service: { port: 4_357 } },
      ])
      expect(spawner.threads[0]!.start.ledger).not.toBe(spawner.threads[1]!.start.ledger)
    })

    it('resolves once every thread is ready', async () => {
      const { supervised, spawner, events } = supervisor()
      let started = false
      const start = supervised.start(0).then(() => (started = true))
      spawner.threads[1]!.ready()
      await promisesToSettle()
      expect(started).toBe(false)
      spawner.threads[0]!.ready()
      await start
      expect(events).toEqual(['1 ready', '0 ready'])
      expect(supervised.ready.size).toBe(2)
    })

    it('rejects with the reason and ends every thread if one refuses', async () => {
      const { supervised, spawner } = supervisor()
      const started = supervised.start(0)
      spawner.threads[0]!.ready()
      spawner.threads[1]!.report({ kind: 'refused', reason: 'Cannot use the greeter: it is a class' })
      await expect(started).rejects.toThrow('Cannot use the greeter: it is a class')
      expect(spawner.threads.map(({ terminated }) => terminated)).toEqual([true, true])
      supervised.tick(100_000)
      expect(spawner.threads).toHaveLength(2)
    })

    it('goes on with the threads that became ready', async () => {
      const { supervised, spawner } = supervisor()
      const started = supervised.start(0)
      spawner.threads[1]!.exit()
      spawner.threads[0]!.ready()
      await started
      supervised.tick(100)
      expect(spawner.threads[2]!.start.index).toBe(1)
    })

    it('rejects if every thread dies before it is ready', async () => {
      const { supervised, spawner } = supervisor()
      spawner.failure = new Error('no memory')
      const started = supervised.start(0)
      spawner.threads[0]!.exit('it ran out of luck')
      await expect(started).rejects.toThrow('none became ready; the last was lost because it ran out of luck')
    })

    it('rejects if no thread is ready in time', async () => {
      const { supervised, spawner } = supervisor()
      const started = supervised.start(0)
      supervised.tick(29_999)
      expect(spawner.threads.some(({ terminated }) => terminated)).toBe(false)
      supervised.tick(30_000)
      await expect(started).rejects.toThrow('it was not ready after 30000 ms')
    })

    it('rejects with a mistake of the caller if his module keeps every thread from being ready', async () => {
      const module: GreeterSource = { kind: 'module', url: 'file:///greeter.ts', export: 'default' }
      const { supervised, spawner } = supervisor({ threads: 1, greeter: module })
      const started = supervised.start(0)
      spawner.threads[0]!.exit('it ended by itself')
      await expect(started).rejects.toThrow(
        new UsageError(
          'Cannot start the threads: none became ready; the last was lost because it ended by itself; ' +
            'look at what file:///greeter.ts does when it is loaded',
        ),
      )
    })

    it('rejects if it is stopped meanwhile', async () => {
      const { supervised } = supervisor()
      const started = supervised.start(0)
      await supervised.stop()
      await expect(started).rejects.toThrow('the server was stopped meanwhile')
    })
  })

  describe('loss and restart', () => {
    it('replaces a thread that ends unasked, after a delay', async () => {
      const { supervised, spawner, events, lines } = await running()
      supervised.tick(1_000)
      spawner.threads[1]!.exit('it threw: boom')
      expect(events).toEqual(['1 lost exit'])
      expect(lines).toEqual(['thread 1 is lost: it threw: boom; another starts in 100 ms'])
      expect(supervised.ready.size).toBe(1)
      supervised.tick(1_099)
      expect(spawner.threads).toHaveLength(2)
      supervised.tick(1_100)
      expect(spawner.threads[2]!.start.index).toBe(1)
      spawner.threads[2]!.ready()
      expect(events).toEqual(['1 lost exit', '1 ready'])
    })

    it('waits twice as long after each failure, up to the cap', async () => {
      const { supervised, spawner } = await running({ threads: 1 })
      const waits: number[] = []
      let now = 0
      let failedAt = 0
      spawner.threads[0]!.exit()
      while (waits.length < 9) {
        now += 50
        supervised.tick(now)
        if (spawner.threads.length === waits.length + 1) continue
        waits.push(now - failedAt)
        failedAt = now
        spawner.threads.at(-1)!.exit()
      }
      expect(waits).toEqual([100, 200, 400, 800, 1_600, 3_200, 6_400, 10_000, 10_000])
    })

    it('forgives failures once a thread worked as long as the longest wait', async () => {
      const { supervised, spawner } = await running({ threads: 1 })
      spawner.threads[0]!.exit()
      supervised.tick(100)
      spawner.threads[1]!.ready()
      for (let now = 100; now <= 10_100; now += 100) {
        spawner.threads[1]!.ledger.beat()
        supervised.tick(now)
      }
      spawner.threads[1]!.exit()
      supervised.tick(10_200)
      expect(spawner.threads).toHaveLength(3)
    })

    it('tries again after a replacement that refuses or cannot be made', async () => {
      const { supervised, spawner, lines } = await running({ threads: 1 })
      spawner.threads[0]!.exit()
      spawner.failure = new Error('no memory')
      supervised.tick(100)
      expect(lines.at(-1)).toBe('thread 0 is lost: it could not be made: Error: no memory; another starts in 200 ms')
      supervised.tick(300)
      spawner.threads[1]!.report({ kind: 'refused', reason: 'the module is gone' })
      expect(spawner.threads[1]!.terminated).toBe(true)
      supervised.tick(700)
      expect(spawner.threads).toHaveLength(3)
    })

    it('hears nothing more of a thread that is lost', async () => {
      const { supervised, spawner, events } = await running()
      const [thread] = [...supervised.ready]
      supervised.replace(thread!)
      spawner.threads[0]!.report({ kind: 'drained' })
      spawner.threads[0]!.exit()
      supervised.replace(thread!)
      expect(events).toEqual(['0 lost hung'])
    })

    it('passes reports and log lines on', async () => {
      const { spawner, events, lines } = await running()
      spawner.threads[1]!.report({ kind: 'drained' })
      spawner.threads[1]!.report({ kind: 'log', level: 'warn', line: 'greeter failed' })
      expect(events).toEqual(['1 drained'])
      expect(lines).toEqual(['thread 1: greeter failed'])
    })
  })

  describe('heartbeat', () => {
    it('replaces a thread whose heartbeat stands still for the whole time, and no other', async () => {
      const all = await running()
      tickWithoutBeat(all, 4_900)
      expect(all.events).toEqual([])
      tickWithoutBeat(all, 5_000)
      expect(all.events).toEqual(['1 lost hung'])
      expect(all.spawner.threads.map(({ terminated }) => terminated)).toEqual([false, true])
    })

    it('does not take its own sleep for that of the threads', async () => {
      const { supervised, spawner, events } = await running()
      supervised.tick(100)
      supervised.tick(3_600_000)
      expect(events).toEqual([])
      for (const thread of spawner.threads) thread.ledger.beat()
      supervised.tick(3_600_100)
      expect([...supervised.ready].map(({ stillMs }) => stillMs)).toEqual([0, 0])
    })
  })

  describe('retire', () => {
    it('makes no more threads, and leaves those that work alone', async () => {
      const { supervised, spawner, events, lines } = await running()
      supervised.retire()
      spawner.threads[1]!.exit()
      for (let now = 100; now <= 20_000; now += 100) {
        spawner.threads[0]!.ledger.beat()
        supervised.tick(now)
      }
      expect(spawner.threads).toHaveLength(2)
      expect(spawner.threads[0]!.terminated).toBe(false)
      expect(events).toEqual(['1 lost exit'])
      expect(lines.at(-1)).toContain('the server ends')
    })

    it('ends a replacement that is not ready', async () => {
      const { supervised, spawner, events } = await running()
      spawner.threads[1]!.exit()
      supervised.tick(100)
      expect(spawner.threads).toHaveLength(3)
      supervised.retire()
      expect(spawner.threads[2]!.terminated).toBe(true)
      spawner.threads[2]!.ready()
      expect(events).toEqual(['1 lost exit'])
    })
  })

  describe('stop', () => {
    it('ends every thread, starts no other, and resolves once all are gone', async () => {
      const { supervised, spawner, events } = await running()
      spawner.threads[1]!.exit()
      await supervised.stop()
      await supervised.stop()
      supervised.tick(100_000)
      expect(spawner.threads[0]!.terminated).toBe(true)
      expect(spawner.threads).toHaveLength(2)
      expect(events).toEqual(['1 lost exit'])
    })

    it('waits for a thread that hung before', async () => {
      const { supervised, spawner } = await running()
      const termination = Promise.withResolvers<void>()
      spawner.threads[0]!.terminate = () => termination.promise
      supervised.replace([...supervised.ready][0]!)
      let stopped = false
      const stop = supervised.stop().then(() => (stopped = true))
      await promisesToSettle()
      expect(stopped).toBe(false)
      termination.resolve()
      await stop
    })
  })
})
