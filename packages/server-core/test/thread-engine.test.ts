import { describe, expect, it } from 'vitest'
import { MAX_BATCH } from '../src/greeting-pace.ts'
import { LEDGER_SLOTS } from '../src/thread-ledger.ts'
import { ThreadEngine, type ThreadEngineOptions } from '../src/thread-engine.ts'
import { SUPERVISOR_DEFAULTS } from '../src/thread-supervisor.ts'
import { Deferred, FakeRequester } from './engine-support.ts'
import { FakeSpawner } from './fake-threads.ts'

async function threadEngine(options: Partial<ThreadEngineOptions> = {}) {
  const spawner = new FakeSpawner()
  const deferred = new Deferred()
  const losses: string[] = []
  const engine = new ThreadEngine({
    ...SUPERVISOR_DEFAULTS,
    threads: 2,
    greeter: { kind: 'built-in' },
    spawner,
    log: () => {},
    greeterTimeoutMs: 1_000,
    maxQueuedRequests: 1_000,
    maxQueuedBytes: 1_000_000,
    defer: deferred.defer,
    onThreadLost: (index, loss) => losses.push(`${index} ${loss}`),
    ...options,
  })
  const started = engine.start(0)
  for (const thread of spawner.threads) thread.ready()
  await started
  const [first, second] = spawner.threads
  return { engine, spawner, deferred, losses, first: first!, second: second!, requester: new FakeRequester() }
}

type Pool = Awaited<ReturnType<typeof threadEngine>>

const ids = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, index) => from + index)
const names = (from: number, to: number): string[] => ids(from, to).map((id) => `name ${id}`)

/** Lets every thread report one greeting that took `meanMs`, so that the pace is known. */
function setPace({ engine, deferred, spawner }: Pool, meanMs: number): void {
  const other = new FakeRequester()
  other.ask(engine, 1)
  deferred.flush()
  for (const thread of spawner.threads) thread.finish(meanMs)
}

describe('ThreadEngine', () => {
  describe('batches', () => {
    it('sends two requests of one requester to two threads while it does not know how long they take', async () => {
      const { engine, deferred, first, second, requester } = await threadEngine()
      requester.ask(engine, 1, 2, 3)
      deferred.flush()
      expect([first.sent, second.sent]).toEqual([[['name 1']], [['name 2']]])
      expect(engine.queuedRequests).toBe(1)
    })

    it('sends the names of one turn in one batch once they are known to be cheap', async () => {
      const pool = await threadEngine()
      setPace(pool, 0.001)
      pool.requester.ask(pool.engine, ...ids(1, 40))
      expect(pool.first.sent).toEqual([])
      pool.deferred.flush()
      expect([pool.first.sent, pool.second.sent]).toEqual([[names(1, 40)], []])
    })

    it('divides a larger queue over the threads, MAX_BATCH to a batch, two batches to a thread', async () => {
      const pool = await threadEngine({ maxQueuedRequests: 5 * MAX_BATCH })
      setPace(pool, 0.000_5)
      pool.requester.ask(pool.engine, ...ids(1, 4 * MAX_BATCH + 44))
      pool.deferred.flush()
      const sizes = [pool.first.sent, pool.second.sent].map((sent) => sent.map((batch) => batch.length))
      expect(sizes).toEqual([
        [MAX_BATCH, MAX_BATCH],
        [MAX_BATCH, MAX_BATCH],
      ])
      expect(pool.engine.queuedRequests).toBe(44)
    })

    it('fills a batch with a millisecond of work', async () => {
      const pool = await threadEngine()
      setPace(pool, 0.25)
      pool.requester.ask(pool.engine, ...ids(1, 20))
      pool.deferred.flush()
      const sizes = [pool.first.sent, pool.second.sent].map((sent) => sent.map((batch) => batch.length))
      expect(sizes).toEqual([
        [4, 4],
        [4, 4],
      ])
    })

    it('lets the requesters take new names before it sends more', async () => {
      const pool = await threadEngine({ threads: 1 })
      const { engine, first, deferred, requester } = pool
      setPace(pool, 0.001)
      requester.ask(engine, 1, 2)
      requester.onProceed = () => requester.ask(engine, 3, 4)
      deferred.flush()
      first.finish()
      expect(requester.answers).toEqual([
        [1, 'NAME 1'],
        [2, 'NAME 2'],
      ])
      expect(requester.proceeds).toBe(1)
      expect(first.sent).toEqual([['name 3', 'name 4']])
    })

    it('takes from requesters in turn', async () => {
      const pool = await threadEngine({ threads: 1 })
      const { engine, first, deferred, requester } = pool
      setPace(pool, 0.25)
      requester.ask(engine, ...ids(1, 100))
      const other = new FakeRequester()
      other.ask(engine, 1_001)
      deferred.flush()
      expect(first.sent[0]).toEqual(['name 1', 'name 1001', 'name 2', 'name 3'])
    })

    it('never hands a thread more than it has slots for', async () => {
      const pool = await threadEngine({ threads: 1, maxQueuedRequests: 10_000 })
      const { engine, first, deferred, requester } = pool
      setPace(pool, 0.001)
      requester.ask(engine, ...ids(1, LEDGER_SLOTS + 100))
      deferred.flush()
      // An async greeter: every batch is consumed, nothing is answered.
      for (let round = 0; round < 20; round++) {
        for (const name of first.sent.flat()) first.claim(name)
        first.answer([], 1)
      }
      expect(first.sent.flat()).toHaveLength(LEDGER_SLOTS)
      first.answer(names(1, 10))
      expect(first.sent.flat()).toHaveLength(LEDGER_SLOTS + 10)
    })

    it('gives GREETER_FAILED where the thread has no greeting', async () => {
      const { engine, first, deferred, requester } = await threadEngine()
      requester.ask(engine, 1)
      deferred.flush()
      first.claim('name 1')
      first.fail('name 1', 1)
      expect(requester.answers).toEqual([[1, { code: 'GREETER_FAILED' }]])
    })
  })

  describe('bounds', () => {
    it('answers OVERLOADED at once when as many requests wait as may', async () => {
      const { engine, deferred, requester } = await threadEngine({ maxQueuedRequests: 3 })
      requester.ask(engine, ...ids(1, 5))
      expect(requester.answers).toEqual([])
      deferred.flush()
      requester.ask(engine, 6, 7)
      expect(requester.answers).toMatchObject([
        [6, { code: 'OVERLOADED' }],
        [7, { code: 'OVERLOADED' }],
      ])
    })

    it('hands over what idle threads can have before it answers OVERLOADED', async () => {
      const { engine, first, second, requester } = await threadEngine({ maxQueuedRequests: 1 })
      requester.ask(engine, 1, 2, 3, 4)
      expect([...first.sent, ...second.sent]).toEqual([['name 1'], ['name 2']])
      expect(requester.answers).toMatchObject([[4, { code: 'OVERLOADED' }]])
    })

    it('counts the bytes of what waits', async () => {
      const { engine, requester } = await threadEngine({ maxQueuedBytes: 4_096 })
      expect(engine.greet(requester, 1, 'a'.repeat(1_024))).toBe(undefined)
      expect(engine.greet(requester, 2, 'a'.repeat(1_024))).toBe(undefined)
      expect(engine.greet(requester, 3, 'a'.repeat(1_024))).toBe(undefined)
      expect(engine.greet(requester, 4, 'a'.repeat(1_024))).toMatchObject({ code: 'OVERLOADED' })
    })

    it('lets one wait, however small the bound in bytes is', async () => {
      const { engine, requester } = await threadEngine({ maxQueuedBytes: 1 })
      for (const id of [1, 2, 3]) expect(engine.greet(requester, id, 'Ada')).toBe(undefined)
      expect(engine.greet(requester, 4, 'Ada')).toMatchObject({ code: 'OVERLOADED' })
    })
  })

  describe('cancel and abandon', () => {
    it('cancels a request that waits, and never sends it', async () => {
      const { engine, first, second, deferred, requester } = await threadEngine()
      requester.ask(engine, 1, 2, 3)
      expect(engine.cancel(requester, 2)).toEqual({ code: 'CANCELLED' })
      deferred.flush()
      expect([first.sent, second.sent]).toEqual([[['name 1']], [['name 3']]])
      expect(engine.cancel(requester, 2)).toBe(undefined)
    })

    it('cancels a request that a thread has and did not start', async () => {
      const { engine, first, deferred, requester } = await threadEngine()
      requester.ask(engine, 1)
      deferred.flush()
      expect(engine.cancel(requester, 1)).toEqual({ code: 'CANCELLED' })
      expect(first.claim('name 1')).toBe(false)
      first.answer([], 1)
      expect(requester.answers).toEqual([])
    })

    it('cannot cancel a request that was started: its answer follows', async () => {
      const { engine, first, deferred, requester } = await threadEngine()
      requester.ask(engine, 1)
      deferred.flush()
      first.claim('name 1')
      expect(engine.cancel(requester, 1)).toBe(undefined)
      first.answer(['name 1'], 1)
      expect(requester.answers).toEqual([[1, 'NAME 1']])
    })

    it('drops what a requester gave up, wherever it is, and nothing of others', async () => {
      const { engine, first, second, deferred, requester } = await threadEngine()
      const other = new FakeRequester()
      requester.ask(engine, 1, 2)
      deferred.flush()
      requester.ask(engine, 3)
      other.ask(engine, 11)
      first.claim('name 1')
      engine.abandon(requester)
      expect(second.claim('name 2')).toBe(false)
      expect(engine.queuedRequests).toBe(1)
      second.answer([], 1)
      first.answer(['name 1'], 1)
      expect([requester.answers, requester.proceeds]).toEqual([[], 0])
      expect(second.sent.at(-1)).toEqual(['name 11'])
    })

    it('does not use a slot again while the thread may still come across the old request', async () => {
      const pool = await threadEngine({ threads: 1 })
      const { engine, first, deferred, requester } = pool
      setPace(pool, 0.001)
      requester.ask(engine, 1, 2)
      deferred.flush()
      engine.cancel(requester, 2)
      const cancelled = first.slot('name 2')
      requester.ask(engine, 3)
      deferred.flush()
      expect(first.slot('name 3')).not.toBe(cancelled)
      first.claim('name 1')
      first.answer(['name 1'], 1)
      requester.ask(engine, 4, 5)
      deferred.flush()
      expect([first.slot('name 4'), first.slot('name 5')]).toContain(cancelled)
    })
  })

  describe('greeter timer', () => {
    it('answers GREETER_TIMEOUT not before the time since the start was seen', async () => {
      const { engine, first, deferred, requester } = await threadEngine()
      requester.ask(engine, 1)
      deferred.flush()
      const tick = (now: number): void => {
        first.ledger.beat()
        engine.tick(now)
      }
      // Waiting in a thread does not count.
      tick(5_000)
      first.claim('name 1')
      tick(6_000)
      tick(6_999)
      expect(requester.answers).toEqual([])
      tick(7_000)
      expect(requester.answers).toEqual([[1, { code: 'GREETER_TIMEOUT' }]])
      expect(requester.proceeds).toBe(1)
    })

    it('does not run while a greeting that is made waits for the end of its batch', async () => {
      const { engine, first, deferred, requester } = await threadEngine()
      requester.ask(engine, 1)
      deferred.flush()
      first.claim('name 1')
      engine.tick(0)
      first.ledger.finish(first.slot('name 1'))
      engine.tick(1_500)
      first.answer(['name 1'], 1)
      expect(requester.answers).toEqual([[1, 'NAME 1']])
    })

    it('tells the thread to give an async request up, and drops its late answer', async () => {
      const { engine, first, losses, deferred, requester } = await threadEngine()
      requester.ask(engine, 1)
      deferred.flush()
      first.claim('name 1')
      first.answer([], 1)
      for (let now = 0; now <= 3_000; now += 100) {
        first.ledger.beat()
        engine.tick(now)
      }
      expect(first.orders.filter(({ kind }) => kind === 'forget')).toEqual([
        { kind: 'forget', slots: [first.slot('name 1')] },
      ])
      first.answer(['name 1'])
      expect(requester.answers).toEqual([[1, { code: 'GREETER_TIMEOUT' }]])
      expect(losses).toEqual([])
    })

    it('replaces a thread that blocks over the time, and only then', async () => {
      const pool = await threadEngine()
      const { engine, first, second, losses, deferred, requester } = pool
      requester.ask(engine, 1)
      deferred.flush()
      first.claim('name 1')
      for (let now = 0; now < 1_000; now += 50) {
        second.ledger.beat()
        engine.tick(now)
      }
      expect(losses).toEqual([])
      engine.tick(1_000)
      engine.tick(1_050)
      expect(losses).toEqual(['0 hung'])
      expect(first.terminated).toBe(true)
      expect(requester.answers).toEqual([[1, { code: 'GREETER_TIMEOUT' }]])
    })

    it('leaves a thread that blocks for longer than the heartbeat timeout its greeter timer', async () => {
      const { engine, first, second, losses, deferred, requester } = await threadEngine({ greeterTimeoutMs: 30_000 })
      const live = (from: number, to: number): void => {
        for (let now = from; now <= to; now += 100) {
          second.ledger.beat()
          engine.tick(now)
        }
      }
      requester.ask(engine, 1, 2)
      deferred.flush()
      const [mine] = first.sent.flat()
      first.claim(mine!)
      live(0, 20_000)
      first.answer([mine!])
      first.ledger.beat()
      expect(losses).toEqual([])
      // With nothing to do it may show no life for the heartbeat timeout only.
      live(20_100, 25_200)
      expect(losses).toEqual(['0 hung'])
    })

    it('replaces a thread that blocks on a request nobody waits for any more', async () => {
      const { engine, first, losses, deferred, requester } = await threadEngine()
      requester.ask(engine, 1)
      deferred.flush()
      first.claim('name 1')
      engine.abandon(requester)
      for (let now = 0; now <= 1_100; now += 50) engine.tick(now)
      expect(losses).toEqual(['0 hung'])
      expect(requester.answers).toEqual([])
    })
  })

  describe('loss of a thread', () => {
    it('gives THREAD_LOST to what was started, and sends the rest elsewhere before all others', async () => {
      const pool = await threadEngine({ maxQueuedRequests: 2_000 })
      const { engine, first, second, losses, deferred, requester } = pool
      setPace(pool, 0.25)
      requester.ask(engine, ...ids(1, 20))
      deferred.flush()
      expect([first.sent[0], second.sent[0]]).toEqual([names(1, 4), names(5, 8)])
      first.claim('name 1')
      first.claim('name 2')
      first.exit()
      expect(losses).toEqual(['0 exit'])
      expect(requester.answers).toEqual([
        [1, { code: 'THREAD_LOST' }],
        [2, { code: 'THREAD_LOST' }],
      ])
      second.sent.length = 0
      second.answer([], 2)
      expect(second.sent[0]).toEqual(['name 3', 'name 4', ...first.sent[1]!.slice(0, 2)])
    })

    it('keeps requests while no thread is ready, and sends them to the next that is', async () => {
      const { engine, spawner, first, deferred, requester } = await threadEngine({ threads: 1 })
      first.exit()
      requester.ask(engine, 1)
      deferred.flush()
      engine.tick(100)
      spawner.threads[1]!.ready()
      expect(spawner.threads[1]!.sent).toEqual([['name 1']])
    })

    it('takes a hung thread for lost after the heartbeat timeout', async () => {
      const { engine, first, second, losses, deferred, requester } = await threadEngine({ greeterTimeoutMs: 0 })
      requester.ask(engine, 1)
      deferred.flush()
      first.claim('name 1')
      for (let now = 0; now <= 5_000; now += 100) {
        second.ledger.beat()
        engine.tick(now)
      }
      expect(losses).toEqual(['0 hung'])
      expect(requester.answers).toEqual([[1, { code: 'THREAD_LOST' }]])
      // Should it go on after all, it finds nothing to start.
      expect(first.claim('name 1')).toBe(false)
    })
  })

  describe('moving work', () => {
    it('gives half of what waits behind a busy thread to one that has nothing', async () => {
      const pool = await threadEngine()
      const { engine, first, second, deferred, requester } = pool
      setPace(pool, 0.25)
      requester.ask(engine, ...ids(1, 8))
      deferred.flush()
      expect([first.sent, second.sent]).toEqual([[names(1, 4)], [names(5, 8)]])
      first.claim('name 1')
      second.finish(0.25)
      expect(second.sent).toEqual([['name 3', 'name 4']])
      expect(first.claim('name 2')).toBe(true)
      expect(first.claim('name 3')).toBe(false)
    })

    it('does not move what is done sooner than moved', async () => {
      const pool = await threadEngine()
      const { engine, first, second, deferred, requester } = pool
      setPace(pool, 0.001)
      requester.ask(engine, ...ids(1, 64))
      deferred.flush()
      requester.ask(engine, 65)
      deferred.flush()
      second.finish()
      expect(first.sent[0]!.every((name) => first.claim(name))).toBe(true)
    })

    it('takes back what waits behind one long greeting, and sends it nothing more until it reports', async () => {
      const pool = await threadEngine()
      const { engine, first, second, deferred, requester } = pool
      setPace(pool, 0.001)
      requester.ask(engine, ...ids(1, 10))
      deferred.flush()
      first.claim('name 1')
      engine.tick(0)
      engine.tick(19)
      expect(second.sent).toEqual([])
      engine.tick(20)
      expect(second.sent).toEqual([names(2, 10)])
      requester.ask(engine, 11)
      deferred.flush()
      requester.ask(engine, 12)
      deferred.flush()
      expect(first.sent).toEqual([names(1, 10)])
      first.answer(['name 1'], 1, 30)
      expect(first.sent).toEqual([names(1, 10), ['name 12']])
    })
  })

  describe('stop', () => {
    it('answers every request and refuses those that still come', async () => {
      const { engine, first, second, deferred, requester } = await threadEngine()
      requester.ask(engine, 1, 2, 3)
      deferred.flush()
      first.claim('name 1')
      requester.onProceed = () => requester.ask(engine, 4)
      await engine.stop()
      expect(requester.answers).toMatchObject([
        [1, { code: 'THREAD_LOST' }],
        [2, { code: 'THREAD_LOST' }],
        [3, { code: 'THREAD_LOST' }],
        [4, { code: 'OVERLOADED' }],
      ])
      expect([first.terminated, second.terminated]).toEqual([true, true])
    })
  })
})
