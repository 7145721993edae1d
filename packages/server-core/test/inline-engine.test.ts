import { describe, expect, it } from 'vitest'
import { GuardedGreeter } from '../src/guarded-greeter.ts'
import { InlineEngine } from '../src/inline-engine.ts'
import { ThreadLedger } from '../src/thread-ledger.ts'
import { Deferred, FakeRequester, promisesToSettle } from './engine-support.ts'

function inlineEngine(greet: (name: string) => unknown, options: { maxRunning?: number } = {}) {
  const deferred = new Deferred()
  const greeter = new GuardedGreeter(greet as never, false, new ThreadLedger(), () => {})
  const engine = new InlineEngine({ greeter, greeterTimeoutMs: 100, maxRunning: 2, defer: deferred.defer, ...options })
  return { engine, deferred, requester: new FakeRequester() }
}

/** A greeter whose greetings a test brings about. */
function asyncGreeter() {
  const settle = new Map<string, { resolve: (greeting: string) => void; reject: (error: Error) => void }>()
  const greet = (name: string): Promise<string> =>
    new Promise((resolve, reject) => {
      settle.set(name, { resolve, reject })
    })
  return { greet, settle: (name: string) => settle.get(name)! }
}

describe('InlineEngine', () => {
  it('returns what a sync greeter answers at once', () => {
    const { engine, requester } = inlineEngine((name) => `Hi ${name}`)
    expect(engine.greet(requester, 1, 'Ada')).toBe('Hi Ada')
  })

  it('returns GREETER_FAILED for a greeter that throws', () => {
    const { engine, requester } = inlineEngine(() => {
      throw new Error('no')
    })
    expect(engine.greet(requester, 1, 'Ada')).toEqual({ code: 'GREETER_FAILED' })
  })

  it('replies when an async greeter resolves or rejects, and lets the requester go on once a round', async () => {
    const { greet, settle } = asyncGreeter()
    const { engine, requester, deferred } = inlineEngine(greet)
    requester.ask(engine, 1, 2)
    settle('name 2').resolve('two')
    settle('name 1').reject(new Error('no'))
    await promisesToSettle()
    expect(new Map(requester.answers)).toEqual(
      new Map<number, unknown>([
        [1, { code: 'GREETER_FAILED' }],
        [2, 'two'],
      ]),
    )
    expect(requester.proceeds).toBe(0)
    deferred.flush()
    expect(requester.proceeds).toBe(1)
  })

  it('answers OVERLOADED while as many async greeters run as may, and takes the next after one ends', async () => {
    const { greet, settle } = asyncGreeter()
    const { engine, requester } = inlineEngine(greet)
    requester.ask(engine, 1, 2, 3)
    expect(requester.answers).toEqual([[3, { code: 'OVERLOADED', detail: 100 }]])
    settle('name 1').resolve('one')
    await promisesToSettle()
    expect(engine.greet(requester, 4, 'name 4')).toBe(undefined)
  })

  it('answers GREETER_TIMEOUT not before the time since a tick saw it running, and drops the late greeting', async () => {
    const { greet, settle } = asyncGreeter()
    const { engine, requester } = inlineEngine(greet)
    requester.ask(engine, 1)
    engine.tick(1_000)
    engine.tick(1_099)
    expect(requester.answers).toEqual([])
    engine.tick(1_100)
    expect(requester.answers).toEqual([[1, { code: 'GREETER_TIMEOUT' }]])
    expect(requester.proceeds).toBe(1)
    expect(engine.runningCount).toBe(0)
    settle('name 1').resolve('one')
    await promisesToSettle()
    expect(requester.answers).toHaveLength(1)
  })

  it('cannot cancel what runs: the reply follows', async () => {
    const { greet, settle } = asyncGreeter()
    const { engine, requester } = inlineEngine(greet)
    requester.ask(engine, 1)
    expect(engine.cancel()).toBe(undefined)
    settle('name 1').resolve('one')
    await promisesToSettle()
    expect(requester.answers).toEqual([[1, 'one']])
  })

  it('never replies to a requester that gave up, and keeps the place until the greeter lets go', async () => {
    const { greet, settle } = asyncGreeter()
    const { engine, requester, deferred } = inlineEngine(greet)
    const other = new FakeRequester()
    requester.ask(engine, 1)
    other.ask(engine, 2)
    engine.abandon(requester)
    expect(engine.runningCount).toBe(2)
    settle('name 1').resolve('one')
    settle('name 2').resolve('two')
    await promisesToSettle()
    deferred.flush()
    expect([requester.answers, requester.proceeds]).toEqual([[], 0])
    expect(other.answers).toEqual([[2, 'two']])
    expect(engine.runningCount).toBe(0)
  })
})
