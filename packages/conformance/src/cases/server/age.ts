/** Connections that have reached their greatest age: when that is, and what of the others' timers still runs. */
import { check } from '../../wire/failure.ts'
import { name, Reason } from '../../wire/frame.ts'
import type { ServerCase } from '../../run/server-bench.ts'
import { expectGreeting } from '../expect.ts'
import { must } from './define.ts'
import { expectAged, expectGoodbye } from './stopping.ts'
import { checkNotBefore } from './time-checks.ts'

const MAX_AGE = 500
const DRAIN = 900
const aged = {
  needs: ['process', 'conformance-greeter'],
  options: { greeter: 'conformance', maxAgeMs: MAX_AGE, frameTimeoutMs: 750, drainTimeoutMs: DRAIN },
} as const

export const ageCases: ServerCase[] = [
  must(
    'gb.age',
    'an old connection gets GOODBYE(MAX_AGE)',
    'R-14-1 R-6.9-2 R-12-1',
    async (t) => {
      const begun = performance.now()
      const peer = await t.connect()
      await expectGoodbye(peer, 0, Reason.MAX_AGE)
      checkNotBefore(begun, MAX_AGE * 0.9, 'GOODBYE')
      await peer.expectFin('GOODBYE')
    },
    aged,
  ),
  must(
    'gb.age-deadline',
    'an old connection whose request never ends is reset at the drain deadline',
    'R-14-14 R-12-14 R-12-1',
    async (t) => {
      const begun = performance.now()
      const peer = await t.connect()
      peer.send(name(1, '~hang~x'))
      await expectAged(peer)
      const end = await peer.nextOrEnd('the drain deadline', DRAIN + t.timing.reactionMs)
      check(end === 'reset', () => `expected a reset at the drain deadline, got ${JSON.stringify(end)}`)
      checkNotBefore(begun, MAX_AGE * 0.9 + DRAIN, 'reset')
    },
    aged,
  ),
  must(
    'tmo.frame-draining',
    'the frame timer is off behind GOODBYE',
    'R-4.2-1 R-14-7 R-14-8',
    async (t) => {
      const peer = await t.connect()
      peer.send(name(1, '~1000~slow'), name(2, 'begun').subarray(0, 9))
      await expectAged(peer)
      await expectGreeting(peer, 1, '~1000~slow')
      await peer.expectFin('the last answer')
    },
    { ...aged, timed: true },
  ),
]
