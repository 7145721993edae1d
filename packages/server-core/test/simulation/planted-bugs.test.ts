// The simulation is worth what it finds. Each test here breaks one method of the server, as a mistake in it would, and the
// judge must say so.

import { ServerConnection } from '@greetwire/protocol'
import { afterEach, describe, expect, it } from 'vitest'
import { ConnectionHost } from '../../src/connection-host.ts'
import { FairQueue } from '../../src/fair-queue.ts'
import { PoolThread } from '../../src/pool-thread.ts'
import { ThreadEngine } from '../../src/thread-engine.ts'
import { ThreadSupervisor } from '../../src/thread-supervisor.ts'
import { runHistory } from './history.ts'

const restores: (() => void)[] = []

afterEach(() => {
  for (const restore of restores.splice(0)) restore()
})

/** Puts another method in the place of one, until the end of the test. */
function plant<Kind extends object, Method extends keyof Kind>(
  prototype: Kind,
  method: Method,
  replace: (original: Kind[Method]) => Kind[Method],
): void {
  const original = prototype[method]
  prototype[method] = replace(original)
  restores.push(() => {
    prototype[method] = original
  })
}

/** Runs histories until one is wrong in this way; otherwise all that was found. */
async function search(problem: RegExp): Promise<string> {
  const found: string[] = []
  for (let seed = 1; seed <= 1_000; seed++) {
    const { problems } = await runHistory(seed)
    const match = problems.find((each) => problem.test(each))
    if (match !== undefined) return match
    found.push(...problems)
  }
  return `found only: ${found.slice(0, 5).join(', ')}`
}

type Bug = readonly [name: string, problem: RegExp, plantIt: () => void]

const bugs: Record<string, readonly Bug[]> = {
  stopping: [
    [
      'threads are not ended',
      /^a thread outlived the stop$/,
      () => plant(ThreadSupervisor.prototype, 'stop', () => async () => {}),
    ],
    [
      'a stop waits for a thread that is gone',
      /^the stop never ended$/,
      () => plant(ThreadSupervisor.prototype, 'stop', () => () => new Promise(() => {})),
    ],
    [
      'connections are left open',
      /the server never let go of the socket$/,
      () => {
        plant(ConnectionHost.prototype, 'drain', () => async () => {})
        plant(ConnectionHost.prototype, 'resetAll', () => () => {})
      },
    ],
  ],
  cancelling: [
    [
      'a cancelled request is answered all the same',
      /^a request that was answered or abandoned got/,
      () => plant(ThreadEngine.prototype, 'cancel', () => () => ({ code: 'CANCELLED' })),
    ],
    [
      'a request is taken back from a thread that started it',
      /got ERROR\(CANCELLED\) at \d+, though its greeter ran/,
      () =>
        plant(PoolThread.prototype, 'revoke', (original) => {
          return function (this: PoolThread, request) {
            original.call(this, request)
            return true
          }
        }),
    ],
    [
      'a request of a connection that is lost is answered',
      /^a request that was answered or abandoned got/,
      () => plant(ThreadEngine.prototype, 'abandon', () => () => {}),
    ],
    [
      'a cancelled request stays in the queue',
      /though its greeter ran|^a request that was answered or abandoned got|executed/,
      () => plant(FairQueue.prototype, 'remove', () => () => {}),
    ],
  ],
  draining: [
    [
      'a connection with a NAME taken is told nothing',
      /outlived the drain deadline/,
      () =>
        plant(ServerConnection.prototype, 'drain', (original) => {
          return function (this: ServerConnection, ...given) {
            if (this.state !== 'OPEN') original.apply(this, given)
          }
        }),
    ],
    [
      'the deadline is not waited for',
      /a reset came at/,
      () =>
        plant(ServerConnection.prototype, 'drain', (original) => {
          return function (this: ServerConnection, reason, now) {
            original.call(this, reason, now, now)
          }
        }),
    ],
    [
      'the shutdown is told before it begins',
      /GOODBYE came before the shutdown/,
      () =>
        plant(ConnectionHost.prototype, 'sweep', (original) => {
          return function (this: ConnectionHost, now) {
            original.call(this, now)
            void this.drain('SHUTTING_DOWN', now + 1_000)
          }
        }),
    ],
  ],
  failing: [
    [
      'answers that are due before the ERROR are spoilt',
      /got the greeting "spoilt"|was greeted/,
      () =>
        plant(ServerConnection.prototype, 'reply', (original) => {
          return function (this: ServerConnection, id, answer) {
            original.call(this, id, this.state === 'FAILING' ? 'spoilt' : answer)
          }
        }),
    ],
    [
      'answers that are due before the ERROR are dropped',
      /gave up requests that were all answered/,
      () =>
        plant(ServerConnection.prototype, 'reply', (original) => {
          return function (this: ServerConnection, id, answer) {
            if (this.state !== 'FAILING') original.call(this, id, answer)
          }
        }),
    ],
    [
      'a request whose greeter fails gets no answer',
      /^\d+ requests were never answered$/,
      () =>
        plant(PoolThread.prototype, 'receive', (original) => {
          return function (this: PoolThread, report, answered) {
            original.call(this, report, (request, result) => {
              if (result !== null) answered(request, result)
            })
          }
        }),
    ],
    [
      'the greeter timer is early',
      /got ERROR\(GREETER_TIMEOUT\) at \d+, though its greeter ran/,
      () =>
        plant(PoolThread.prototype, 'observe', (original) => {
          return function (this: PoolThread, now, greeterTimeoutMs, timedOut) {
            return original.call(this, now, greeterTimeoutMs / 4, timedOut)
          }
        }),
    ],
  ],
  'thread loss': [
    [
      'what was started runs again',
      /was executed 2 times$/,
      () =>
        plant(PoolThread.prototype, 'lose', (original) => {
          return function (this: PoolThread) {
            const { unstarted, started } = original.call(this)
            return { unstarted: [...started, ...unstarted], started: [] }
          }
        }),
    ],
    [
      'what was not started is given up',
      /got ERROR\(THREAD_LOST\) at \d+, though its greeter did not run/,
      () =>
        plant(PoolThread.prototype, 'lose', (original) => {
          return function (this: PoolThread) {
            const { unstarted, started } = original.call(this)
            return { unstarted: [], started: [...started, ...unstarted] }
          }
        }),
    ],
    [
      'what was started is forgotten',
      /was not answered \d+ ms after it was over/,
      () =>
        plant(PoolThread.prototype, 'lose', (original) => {
          return function (this: PoolThread) {
            const { unstarted } = original.call(this)
            return { unstarted, started: [] }
          }
        }),
    ],
  ],
}

describe.each(Object.entries(bugs))('a bug in %s is found', (_, rows) => {
  it.each(rows)('%s', { timeout: 60_000 }, async (_name, problem, plantIt) => {
    plantIt()
    expect(await search(problem)).toMatch(problem)
  })
})
