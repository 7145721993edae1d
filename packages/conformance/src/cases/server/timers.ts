/** Timers: never early (M), and not much later than they are told (S). */
import { check } from '../../wire/failure.ts'
import { FrameType, grease, name, Reason } from '../../wire/frame.ts'
import { describeFrame } from '../../wire/frame-text.ts'
import type { RawPeer } from '../../wire/raw-peer.ts'
import type { ServerCase } from '../../run/server-bench.ts'
import type { ServerTest } from '../../run/server-test.ts'
import { collectTerminals, expectBarrier, expectGreeting, expectOnlyFatal } from '../expect.ts'
import { must } from './define.ts'
import { expectGoodbye } from './goodbye.ts'

const T = 500
const idle = {
  needs: ['process', 'conformance-greeter'],
  options: { greeter: 'conformance', idleTimeoutMs: T },
} as const
const frame = {
  needs: ['process', 'conformance-greeter'],
  options: { greeter: 'conformance', frameTimeoutMs: T, maxInFlight: 4 },
} as const

const cases: ServerCase[] = [
  must(
    'open.silence',
    'a connection that never speaks gets GOODBYE(IDLE) after idleTimeoutMs',
    'R-12-1 R-12-2 R-12-17 R-14-1',
    async (t) => {
      const begun = performance.now()
      const peer = await t.connect()
      await expectGoodbye(peer, 0, Reason.IDLE)
      inWindow(t, begun)
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
      inWindow(t, begun)
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
      inWindow(t, lastAt)
    },
    { ...idle, variants: ['ping', 'ignorable'] },
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
      inWindow(t, begun)
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
    idle,
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
      const early: number[] = []
      await Promise.all(
        peers.map(async ([peer, begun]) => {
          await expectGoodbye(peer, 0, Reason.IDLE)
          if (performance.now() - begun < T * 0.9) early.push(performance.now() - begun)
        }),
      )
      check(early.length === 0, `expected no GOODBYE before ${T} ms, got one after ${early[0]?.toFixed(0)} ms`)
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
  must(
    'frm.frame-timeout',
    'a frame that is not finished in time is TIMEOUT, however its bytes trickle',
    'R-12-4 R-12-8 R-12-9 R-12-1 R-12-14',
    async (t, how) => {
      const peer = await t.connect()
      const bytes = name(1, 'x'.repeat(60))
      const begun = performance.now()
      if (how === 'trickle') {
        for (let at = 0; at < bytes.length && peer.ended === undefined && peer.received.length === 0; at += 1) {
          peer.send(bytes.subarray(at, at + 1))
          await passes(T / 10)
        }
      } else peer.send(bytes.subarray(0, how === 'first-byte' ? 1 : how === 'header' ? 8 : 30))
      await expectOnlyFatal(peer, 'TIMEOUT', 0)
      inWindow(t, begun)
    },
    { ...frame, variants: ['first-byte', 'header', 'payload', 'trickle'] },
  ),
  must(
    'frm.frame-timeout-answers',
    'requests taken before the frame timer fires are answered first',
    'R-12-9 R-9.3-2',
    async (t) => {
      const peer = await t.connect()
      peer.send(name(1, '~900~slow'), name(2, 'never').subarray(0, 9))
      const first = await peer.next('the answer to the first name')
      check(
        first.type === FrameType.GREETING && first.id === 1,
        () => `expected GREETING id=1, got ${describeFrame(first)}`,
      )
      await expectOnlyFatal(peer, 'TIMEOUT', 0)
    },
    frame,
  ),
  must(
    'frm.frame-timer-per-frame',
    'each frame has a timer of its own',
    'R-12-4',
    async (t) => {
      const peer = await t.connect()
      for (let id = 1; id <= 4; id += 1) {
        const bytes = name(id, 'Ada')
        peer.send(bytes.subarray(0, 5))
        await passes(T * 0.4)
        peer.send(bytes.subarray(5))
        await expectGreeting(peer, id, 'Ada')
      }
    },
    frame,
  ),
  must(
    'tmo.frame-stopped',
    'the frame timer stands still while the server is stopped',
    'R-12-5 R-12-6',
    async (t) => {
      const peer = await t.connect()
      const fifth = name(5, 'Ada')
      peer.send(...[1, 2, 3, 4].map((id) => name(id, `~1100~n${id}`)), fifth.subarray(0, 9))
      await collectTerminals(peer, [1, 2, 3, 4])
      peer.send(fifth.subarray(9))
      await expectGreeting(peer, 5, 'Ada')
      await expectBarrier(peer)
    },
    frame,
  ),
]

/** In these the suite has to act in time itself; in the others its own lag can only help the server. */
const actsInTime = ['tmo.ping-resets', 'tmo.half-frame-not-idle', 'frm.frame-timer-per-frame']

/** The cases of this file. */
export const timerCases: ServerCase[] = cases.map((one) => ({ ...one, timed: actsInTime.includes(one.id) }))

/** Lets real time pass: only where a timer of the peer is what is tested. */
function passes(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

/** Never early is a MUST; not much later is a SHOULD. */
function inWindow(t: ServerTest, begun: number): void {
  const took = performance.now() - begun
  check(took >= T * 0.9, `expected the timer not to fire before ${T} ms, it fired after ${took.toFixed(0)} ms`)
  t.should(
    took <= T * 1.25 + 250 + t.timing.roundTripMs,
    `expected the timer to fire within ${T * 1.25} ms, it fired after ${took.toFixed(0)} ms`,
  )
}
