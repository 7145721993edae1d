/** The frame timer: for each frame its own, whole whenever it starts, and still while the server does not read. */
import { check } from '../../wire/failure.ts'
import { FrameType, name } from '../../wire/frame.ts'
import { describeFrame } from '../../wire/frame-text.ts'
import type { ServerCase } from '../../run/server-bench.ts'
import { collectTerminals, expectBarrier, expectGreeting, expectOnlyFatal } from '../expect.ts'
import { must } from './define.ts'
import { T } from './idle-timer.ts'
import { checkInTime, checkNotBefore, inWindow, passes } from './time-checks.ts'

const frame = {
  needs: ['process', 'conformance-greeter'],
  options: { greeter: 'conformance', frameTimeoutMs: T, maxInFlight: 4 },
} as const

export const frameTimerCases: ServerCase[] = [
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
      inWindow(t, begun, T)
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
    { ...frame, timed: true },
  ),
  must(
    'tmo.frame-stopped',
    'the frame timer stands still while the server is stopped',
    'R-12-5 R-12-6',
    async (t) => {
      const peer = await t.connect()
      const fifth = name(5, 'Ada')
      peer.send(...[1, 2, 3, 4].map((id) => name(id, `~1100~n${id}`)), fifth.subarray(0, 9))
      // The first answer frees a place, and from then on the frame has its time.
      const first = await peer.next('an answer')
      peer.send(fifth.subarray(9))
      await collectTerminals(
        peer,
        [1, 2, 3, 4, 5].filter((id) => id !== first.id),
      )
      await expectBarrier(peer)
    },
    { ...frame, timed: true },
  ),
  must(
    'frm.frame-timer-overlap',
    'a frame that begins in the segment that ends another has its whole time',
    'R-12-1 R-12-4',
    async (t) => {
      const peer = await t.connect()
      const [first, second] = [name(1, 'Ada'), name(2, 'Bob')]
      const begun = performance.now()
      peer.send(first.subarray(0, 5))
      await passes(T * 0.6)
      const secondBegun = performance.now()
      peer.send(first.subarray(5), second.subarray(0, 5))
      checkInTime(begun, T * 0.9, 'the rest of a frame')
      await expectGreeting(peer, 1, 'Ada')
      await expectOnlyFatal(peer, 'TIMEOUT', 0)
      checkNotBefore(secondBegun, T, 'TIMEOUT')
    },
    { ...frame, timed: true },
  ),
  must(
    'tmo.frame-resumed',
    'when the server reads again within a frame the frame has its whole time, not the rest of it',
    'R-12-1 R-12-6',
    async (t) => {
      const peer = await t.connect()
      const fifth = name(5, 'Ada')
      const begun = performance.now()
      peer.send(...[1, 2, 3, 4].map((id) => name(id, `~700~n${id}`)), fifth.subarray(0, 4))
      await passes(T * 0.6)
      // Its header stops the server, until a place is free after 700 ms at the earliest.
      peer.send(fifth.subarray(4, 9))
      checkInTime(begun, T * 0.9, 'the rest of a frame')
      await collectTerminals(peer, [1, 2, 3, 4])
      await expectOnlyFatal(peer, 'TIMEOUT', 0)
      checkNotBefore(begun, 700 + T, 'TIMEOUT')
    },
    { ...frame, timed: true },
  ),
]
