/** Time in cases about timers: letting it pass, never too early, and whether the suite itself was in time. */
import { check, Inconclusive } from '../../wire/failure.ts'
import type { ServerTest } from '../../run/server-test.ts'

/** Lets real time pass: only where a timer of the peer is what is tested. */
export function passes(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

/** Fails the case when less than `ms` have passed; `what` is what came too early. */
export function checkNotBefore(begun: number, ms: number, what: string): void {
  const took = performance.now() - begun
  check(took >= ms - EARLY_MS, `expected no ${what} before ${ms} ms, got it after ${took.toFixed(0)} ms`)
}

/** Checks that a timer of `ms` fires in time: never early is a MUST, not much later is a SHOULD. */
export function inWindow(t: ServerTest, begun: number, ms: number): void {
  checkNotBefore(begun, ms, 'end of the timer')
  const took = performance.now() - begun
  t.should(
    took <= ms * 1.25 + 250 + t.timing.roundTripMs,
    `expected the timer to fire within ${ms * 1.25} ms, it fired after ${took.toFixed(0)} ms`,
  )
}

/** Judges nothing when more than `ms` have passed: a timer may rightly have fired. `what` is what the suite was late with. */
export function checkInTime(begun: number, ms: number, what: string): void {
  const took = performance.now() - begun
  if (took > ms) throw new Inconclusive(`the suite was late with ${what}: after ${took.toFixed(0)} of ${ms} ms`)
}

/** How much the clocks of two programs may differ over such a time, their timers' granularity included. */
export const EARLY_MS = 5
