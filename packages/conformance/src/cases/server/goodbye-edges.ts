/** GOODBYE at the edges: idle, old and half-closed connections, frames that are begun, and what follows a violation. */
import { check } from '../../wire/failure.ts'
import { isTerminal, name, ping, Reason } from '../../wire/frame.ts'
import { describeFrame } from '../../wire/frame-text.ts'
import type { ServerCase } from '../../run/server-bench.ts'
import { expectBarrier, expectFatal, expectGreeting, expectPong } from '../expect.ts'
import { must } from './define.ts'
import { expectGoodbye, logged, own, stop } from './goodbye.ts'

export const goodbyeEdgeCases: ServerCase[] = [
  must(
    'gb.idle',
    'an idle connection gets GOODBYE(IDLE), FIN, and is lingered on',
    'R-14-1 R-12-3 R-13.3-1',
    async (t) => {
      const peer = await t.connect()
      peer.send(name(4, 'Ada'))
      await expectGreeting(peer, 4, 'Ada')
      await expectGoodbye(peer, 4, Reason.IDLE)
      await peer.expectFin('GOODBYE')
      peer.send(name(5, 'late'), ping(1))
      await peer.flushed()
      peer.fin()
      await expectBarrier(await t.connect())
      check(peer.ended === 'fin', 'expected the end to be FIN and not a reset')
    },
    { needs: ['process'], options: { idleTimeoutMs: 400 } },
  ),
  must(
    'gb.none-after-fin',
    'no GOODBYE comes after our FIN',
    'R-14-2 R-13.1-2',
    async (t) => {
      const peer = await t.connect()
      peer.send(name(1, '~400~x'), ping(1))
      await expectPong(peer, 1)
      peer.fin()
      await expectBarrier(await t.connect())
      stop(t)
      await expectGreeting(peer, 1, '~400~x')
      await peer.expectFin('the answer')
    },
    own,
  ),
  must(
    'gb.none-after-violation',
    'no GOODBYE comes after a violation',
    'R-14-2 R-9.3-5',
    async (t) => {
      const peer = await t.connect()
      peer.send(name(1, '~400~x'), name(1, 'again'))
      await expectBarrier(await t.connect())
      stop(t)
      const before = await expectFatal(peer, 'PROTOCOL_VIOLATION', 0)
      check(before.every(isTerminal), () => `expected no GOODBYE, got ${before.map(describeFrame).join(', ')}`)
    },
    own,
  ),
  must(
    'gb.begun-frame',
    'a frame that is only begun does not hold up a drain',
    'R-14-8',
    async (t) => {
      const peer = await t.connect()
      peer.send(ping(1), name(1, 'half').subarray(0, 10))
      await expectPong(peer, 1)
      stop(t)
      await expectGoodbye(peer, 0, Reason.SHUTTING_DOWN)
      await peer.expectFin('GOODBYE')
    },
    own,
  ),
  must(
    'gb.begun-then-whole',
    'a NAME that is begun before GOODBYE and whole behind it is discarded',
    'R-5.3-4 R-14-5 R-14-6',
    async (t) => {
      const peer = await t.connect()
      peer.send(name(1, '~600~slow'), ping(1), name(2, 'begun').subarray(0, 10))
      await expectPong(peer, 1)
      stop(t)
      await expectGoodbye(peer, 1, Reason.SHUTTING_DOWN)
      peer.send(name(2, 'begun').subarray(10), ping(2))
      await expectPong(peer, 2)
      await expectGreeting(peer, 1, '~600~slow')
      await peer.expectFin('the last answer')
      check(!t.executedNames().includes('begun'), 'expected the NAME not to be executed')
    },
    logged,
  ),
  must(
    'gb.age',
    'an old connection gets GOODBYE(MAX_AGE)',
    'R-14-1 R-6.9-2 R-12-1',
    async (t) => {
      const peer = await t.connect()
      const begun = performance.now()
      await expectGoodbye(peer, 0, Reason.MAX_AGE)
      const took = performance.now() - begun
      check(took >= 400, `expected no GOODBYE before 90 % of 500 ms, got it after ${took.toFixed(0)} ms`)
      await peer.expectFin('GOODBYE')
    },
    { needs: ['process'], options: { maxAgeMs: 500 } },
  ),
]
