/** The idle timer: never early (M), and not much later than it is told (S). */
import { check } from '../../wire/failure.ts'
import { grease, name, Reason } from '../../wire/frame.ts'
import type { RawPeer } from '../../wire/raw-peer.ts'
import type { ServerCase } from '../../run/server-bench.ts'
import { expectBarrier, expectGreeting } from '../expect.ts'
import { must } from './define.ts'
import { expectGoodbye } from './stopping.ts'
import { checkNotBefore, inWindow, passes } from './time-checks.ts'

/** The time of the timers here. */
export const T = 500
const idle = {
  needs: ['process', 'conformance-greeter'],
  options: { greeter: 'conformance', idleTimeoutMs: T },
} as const

/** Where the suite has to act in time itself the case is `timed`; in the others its own lag can only help the server. */
export const idleTimerCases: ServerCase[] = [
  must(
    'open.silence',
    'a connection that never speaks gets GOODBYE(IDLE) after idleTimeoutMs',
    'R-12-1 R-12-2 R-12-17 R-14-1',
    async (t) => {
      const begun = performance.now()
      const peer = await t.connect()
      await expectGoodbye(peer, 0, Reason.IDLE)
      inWindow(t, begun, T)
      await peer.expectFin('GOODBYE')
    },
    idle,
  ),
  must(
    'tmo.idle',
    'a connection that spoke gets GOODBYE(IDLE) idleTimeoutMs after its last answer',
    'R-12-1 R-12-2',
    async (t) => {
      const peer = await t.connectWithHello()
      const begun = performance.now()
      peer.send(name(1, 'Ada'))
      await expectGreeting(peer, 1, 'Ada')
      await expectGoodbye(peer, 1, Reason.IDLE)
      inWindow(t, begun, T)
    },
    idle,
  ),
  must(
    'tmo.ping-resets',
    'every frame starts the idle timer anew',
    'R-12-3 R-12-1',
    async (t, what) => {
      const peer = await t.connect()
      let lastAt = performance.now()
      for (let round = 0; round < 4; round += 1) {
        await passes(T * 0.6)
        if (peer.received.length > round) break
        lastAt = performance.now()
        if (what === 'ping') await expectBarrier(peer, round)
        else peer.send(grease(round))
      }
      await expectGoodbye(peer, 0, Reason.IDLE)
      inWindow(t, lastAt, T)
    },
    { ...idle, timed: true, variants: ['ping', 'ignorable'] },
  ),
  must(
    'tmo.inflight-not-idle',
    'a connection with a request in flight is not idle',
    'R-12-2',
    async (t) => {
      const peer = await t.connect()
      // The greeting may reach us late; it is not written before this.
      const begun = performance.now() + 1_200
      peer.send(name(1, '~1200~slow'))
      await expectGreeting(peer, 1, '~1200~slow')
      await expectGoodbye(peer, 1, Reason.IDLE)
      inWindow(t, begun, T)
    },
    idle,
  ),
  must(
    'tmo.half-frame-not-idle',
    'a connection with a frame begun is not idle',
    'R-12-2',
    async (t) => {
      const peer = await t.connect()
      peer.send(name(1, 'Ada').subarray(0, 6))
      await passes(T * 1.6)
      peer.send(name(1, 'Ada').subarray(6))
      await expectGreeting(peer, 1, 'Ada')
    },
    { ...idle, timed: true },
  ),
  must(
    'tmo.never-early',
    'no GOODBYE(IDLE) comes early on any of 20 connections',
    'R-12-1',
    async (t) => {
      const peers: [RawPeer, number][] = []
      for (let index = 0; index < 20; index += 1) {
        const begun = performance.now()
        peers.push([await t.connect(), begun])
      }
      await Promise.all(
        peers.map(async ([peer, begun]) => {
          await expectGoodbye(peer, 0, Reason.IDLE)
          checkNotBefore(begun, T, 'GOODBYE')
        }),
      )
    },
    idle,
  ),
  must(
    'tmo.idle-off',
    'an idleTimeoutMs of 0 means never',
    'R-12-12',
    async (t) => {
      check(t.limits.idleTimeoutMs === 0, `expected WELCOME to tell idleTimeoutMs 0, got ${t.limits.idleTimeoutMs}`)
      const peer = await t.connect()
      await passes(T)
      await expectBarrier(peer)
    },
    { needs: ['process'], options: { idleTimeoutMs: 0 } },
  ),
  must(
    'tmo.idle-told',
    'WELCOME tells the idle timeout in force',
    'R-6.2-3 R-10-1',
    async (t) => {
      check(t.limits.idleTimeoutMs === T, `expected WELCOME to tell idleTimeoutMs ${T}, got ${t.limits.idleTimeoutMs}`)
    },
    idle,
  ),
]
