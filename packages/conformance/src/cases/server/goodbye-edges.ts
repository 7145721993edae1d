/** GOODBYE at the edges: idle and half-closed connections, frames that are begun, and what follows a violation. */
import { check } from '../../wire/failure.ts'
import { isTerminal, name, ping, Reason } from '../../wire/frame.ts'
import { describeFrame } from '../../wire/frame-text.ts'
import type { RawPeer } from '../../wire/raw-peer.ts'
import type { ServerCase } from '../../run/server-bench.ts'
import {
  expectBarrier,
  expectRunning,
  expectFatal,
  expectGreeting,
  expectOnlyFatal,
  expectPong,
  expectRequestError,
} from '../expect.ts'
import { must, nameFor } from './define.ts'
import { exitsWith, expectGoodbye, expectGoodbyeInTime, logged, own, plainly, stop } from './stopping.ts'

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
    'gb.last-taken',
    'GOODBYE tells the last NAME taken, also when only an earlier one is in flight',
    'R-6.9-1 R-14-7',
    async (t) => {
      const [refused, greeted] = (await t.connectMany(2)) as [RawPeer, RawPeer]
      for (const peer of [refused, greeted]) peer.send(name(1, '~600~slow'))
      refused.send(name(2, ''))
      greeted.send(name(2, 'quick'))
      await expectRequestError(refused, 2, 'INVALID_NAME')
      await expectGreeting(greeted, 2, 'quick')
      stop(t)
      for (const peer of [refused, greeted]) await expectGoodbyeInTime(peer, 2)
      for (const peer of [refused, greeted]) {
        await expectGreeting(peer, 1, '~600~slow')
        await peer.expectFin('the last answer')
      }
    },
    own,
  ),
  must(
    'gb.stopped',
    'GOODBYE ends a stop: the NAME is discarded, and what is behind it is judged at once',
    'R-7.3-9 R-14-5 R-14-6 R-6.6-3',
    async (t) => {
      const peer = await t.connect()
      peer.send(name(1, '~600~slow'))
      await expectRunning(peer)
      peer.send(name(2, 'stopped'), ping(7))
      await expectBarrier(await t.connect())
      stop(t)
      await expectGoodbyeInTime(peer, 1)
      await expectPong(peer, 7)
      await expectGreeting(peer, 1, '~600~slow')
      await peer.expectFin('the last answer')
      check(!t.executedNames().includes('stopped'), 'expected the NAME not to be executed')
    },
    { ...logged, options: { ...logged.options, maxInFlight: 1 } },
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
    'no GOODBYE comes after a violation, which is found also while no place is free',
    'R-14-2 R-9.3-5 R-7.3-10',
    async (t) => {
      const peer = await t.connect()
      peer.send(name(1, '~400~x'), name(1, 'again'))
      await expectBarrier(await t.connect())
      stop(t)
      const { before } = await expectFatal(peer, 'PROTOCOL_VIOLATION', 0)
      check(before.every(isTerminal), () => `expected no GOODBYE, got ${before.map(describeFrame).join(', ')}`)
    },
    { ...own, options: { ...own.options, maxInFlight: 1 } },
  ),
  must(
    'gb.lingering',
    'a connection that lingers behind its ERROR gets no GOODBYE, and keeps no other from its own',
    'R-14-1 R-14-2 R-14-8',
    async (t) => {
      const [failed, idle] = (await t.connectMany(2)) as [RawPeer, RawPeer]
      failed.send(name(0, 'x'))
      await expectOnlyFatal(failed, 'PROTOCOL_VIOLATION', 0)
      idle.send(name(1, nameFor(t, 1)))
      await expectGreeting(idle, 1, nameFor(t, 1))
      stop(t)
      await expectGoodbye(idle, 1, Reason.SHUTTING_DOWN)
      await idle.expectFin('GOODBYE')
      await exitsWith(t, 0)
    },
    plainly,
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
    plainly,
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
]
