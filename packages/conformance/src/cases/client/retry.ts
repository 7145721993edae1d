/** What a client retries and what never, and when it tries again. */
import { check } from '../../wire/failure.ts'
import { Code, error, FrameType, goodbye, greeting, type CodeName } from '../../wire/frame.ts'
import { describeFrame } from '../../wire/frame-text.ts'
import type { ClientCase } from '../../run/client-bench.ts'
import { passes } from '../server/time-checks.ts'
import { must, should, waiting } from './define.ts'

const retry = { needs: ['hello', 'retry'] } as const

export const clientRetryCases: ClientCase[] = [
  must('c.retry.off', 'without retry a request goes out once', 'R-9.7-3', async (t) => {
    const { peer, pending } = await waiting(t)
    peer.fin()
    await t.expectError(pending, ['connection'], 'maybe')
    check(t.connections === 1, `expected one connection, got ${t.connections}`)
  }),
  must('c.retry.patient', 'a request goes out once, however long its answer takes', 'R-9.7-3', async (t) => {
    const { peer, pending, id } = await waiting(t)
    await passes(Math.min(1_500, t.reactionMs / 2))
    peer.send(greeting(id, 'Hello Ada'))
    await t.expectGreeting(pending, 'Hello Ada')
    const names = peer.received.filter(({ frame }) => frame.type === FrameType.NAME).length
    check(names === 1, `expected one NAME, got ${names}`)
    check(t.connections === 1, `expected one connection, got ${t.connections}`)
  }),
  must(
    'c.retry.never-again',
    'a request that would fail again is not retried',
    'R-9.7-1',
    async (t, code) => {
      const peer = await t.open({ retry: true })
      const pending = t.greet('Ada')
      peer.send(error((await t.nextName(peer)).id, Code[code as CodeName]))
      await t.expectError(pending, ['request', 'cancelled', 'timeout'])
      const names = peer.received.filter(({ frame }) => frame.type === FrameType.NAME).length
      check(names === 1, `expected one NAME, got ${names}`)
    },
    { ...retry, variants: ['INVALID_NAME', 'NAME_TOO_LONG', 'GREETER_FAILED', 'GREETER_TIMEOUT', 'GREETING_TOO_LONG'] },
  ),
  must(
    'c.retry.overloaded',
    'a request that met OVERLOADED is sent again, not before the time in detail',
    'R-9.7-5',
    async (t) => {
      const peer = await t.open({ retry: true })
      const pending = t.greet('Ada')
      peer.send(error((await t.nextName(peer)).id, Code.OVERLOADED, '', 150))
      const begun = performance.now()
      const again = await t.nextName(peer)
      t.should(performance.now() - begun >= 140, 'expected the client to wait for the milliseconds in detail')
      peer.send(greeting(again.id, 'Hello Ada'))
      await t.expectGreeting(pending, 'Hello Ada')
    },
    retry,
  ),
  must(
    'c.retry.server-full',
    'after SERVER_FULL the next connection is not tried before the time in detail',
    'R-9.7-5',
    async (t, when) => {
      let peer = await t.open({ retry: true })
      if (when === 'of-use') await t.expectWorks(peer)
      const pending = t.greet('Ada', { timeoutMs: FULL_FOR_MS + 2 * t.reactionMs })
      await t.nextName(peer)
      if (when === 'opening') {
        peer.send(goodbye(0))
        peer.fin()
        peer = await t.accept()
      }
      const begun = performance.now()
      peer.send(error(0, Code.SERVER_FULL, 'full', FULL_FOR_MS))
      peer.fin()
      const next = await t.accept(FULL_FOR_MS + t.reactionMs)
      const waited = performance.now() - begun
      t.should(
        waited >= FULL_FOR_MS - 10,
        `expected the client to wait for the ${FULL_FOR_MS} ms in detail, it waited ${waited.toFixed(0)} ms`,
      )
      await t.welcome(next)
      next.send(greeting((await t.nextName(next)).id, 'Hello Ada'))
      await t.expectGreeting(pending, 'Hello Ada')
    },
    { ...retry, variants: ['open', 'opening', 'of-use'] },
  ),
  must(
    'c.retry.fatal',
    'after a fatal ERROR below 0x0080 nothing is retried',
    'R-9.7-2',
    async (t, code) => {
      const peer = await t.open({ retry: true })
      const pending = t.greet('Ada')
      await t.nextName(peer)
      peer.send(error(0, Code[code as CodeName]))
      peer.fin()
      await t.expectError(pending, ['connection'], 'never')
      check(t.connections === 1, `expected no second connection, got ${t.connections}`)
    },
    { ...retry, variants: ['PROTOCOL_VIOLATION', 'PAYLOAD_TOO_LARGE', 'UNKNOWN_TYPE'] },
  ),
  must(
    'c.retry.maybe',
    'a request that may have been executed is not retried unless it is idempotent',
    'R-9.7-3',
    async (t, how) => {
      const peer = await t.open({ retry: true })
      const pending = t.greet('Ada')
      const { id } = await t.nextName(peer)
      if (how === 'thread-lost') peer.send(error(id, Code.THREAD_LOST))
      else if (how === 'reset') peer.reset()
      else peer.fin()
      await t.expectError(pending, ['connection', 'request'], 'maybe')
      const names = t.peers.flatMap((one) => one.received).filter(({ frame }) => frame.type === FrameType.NAME).length
      check(names === 1, `expected one NAME in all, got ${names}`)
    },
    { ...retry, variants: ['fin', 'reset', 'thread-lost'] },
  ),
  must(
    'c.retry.idempotent-once',
    'an idempotent request is retried once, and no more',
    'R-9.7-4',
    async (t) => {
      const first = await t.open({ retry: true })
      const pending = t.greet('Ada', { idempotent: true })
      await t.nextName(first)
      first.fin()
      const second = await t.accept()
      await t.welcome(second)
      await t.nextName(second)
      second.fin()
      await t.expectError(pending, ['connection'], 'maybe')
      check(t.connections === 2, `expected two connections, got ${t.connections}`)
    },
    retry,
  ),
  must(
    'c.retry.goodbye',
    'a request above a GOODBYE’s id goes to a new connection',
    'R-14-10 R-14-9',
    async (t) => {
      const first = await t.open({ retry: true })
      const pending = t.greet('Ada')
      await t.nextName(first)
      first.send(goodbye(0))
      first.fin()
      const second = await t.accept()
      await t.welcome(second)
      const again = await t.nextName(second)
      check(again.payload.toString() === 'Ada', () => `expected NAME "Ada" again, got ${describeFrame(again)}`)
      second.send(greeting(again.id, 'Hello Ada'))
      await t.expectGreeting(pending, 'Hello Ada')
    },
    retry,
  ),
  should(
    'c.proc.no-storm',
    'connections that fail are not tried again without pause',
    'R-9.7-6',
    async (t) => {
      const first = await t.open({ retry: true })
      const pending = t.greet('Ada')
      await t.nextName(first)
      first.send(goodbye(0))
      first.fin()
      // The first new connection may come at once; from then on each follows one that failed.
      const failedAt: number[] = []
      const settled = t.settled(pending, 'greet', t.reactionMs * 3).then(() => undefined)
      while (failedAt.length < STORM_TRIES) {
        const peer = await Promise.race([settled, t.accept(t.reactionMs * 3)])
        if (peer === undefined) break
        failedAt.push(performance.now())
        peer.reset()
      }
      const took = (failedAt.at(-1) ?? 0) - (failedAt[0] ?? 0)
      const least = (failedAt.length - 1) * STORM_DISTANCE_MS
      check(
        took >= least,
        () =>
          `expected ${failedAt.length} connections that fail one after the other to take at least ${least} ms, they took ${took.toFixed(0)} ms`,
      )
      t.stopListening()
      await settled
    },
    retry,
  ),
]

/** What SERVER_FULL asks for; longer than a client's own first distances between tries. */
const FULL_FOR_MS = 1_000

/** Tries after which it is plain whether a client pauses between them. */
const STORM_TRIES = 6

/** A mean distance that no client falls below that waits at all, whatever its jitter. */
const STORM_DISTANCE_MS = 10
