import { expect, it, onTestFinished, vi } from 'vitest'
import { Pace } from '../../src/bench/pace.ts'

/** A clock that goes on by this much whenever it is read. */
function tickingClock(stepMs: number): void {
  let now = 1_000
  const spy = vi.spyOn(performance, 'now').mockImplementation(() => (now += stepMs))
  onTestFinished(() => spy.mockRestore())
}

async function paced(count: number, perSecond: number, answers: () => number): Promise<{ due: number[]; pace: Pace }> {
  const due: number[] = []
  const enough = Promise.withResolvers<void>()
  const pace = new Pace(perSecond, {
    answers,
    fallDue(at) {
      if (due.push(at) === count) enough.resolve()
    },
  })
  onTestFinished(() => pace.stop())
  await enough.promise
  return { due, pace }
}

it('lets requests fall due at even distances from the beginning, whenever it gets to run', async () => {
  tickingClock(0.3)
  const { due, pace } = await paced(100, 1_000, () => 0)
  expect(due.map((at) => Math.round((at - due[0]!) * 1_000) / 1_000)).toEqual(due.map((_, index) => index))
  expect(pace.lateness.count).toBe(due.length)
})

it('lets fall due on stop what its turns were too late for', async () => {
  tickingClock(5)
  const { due, pace } = await paced(1, 1_000, () => 0)
  const before = due.length
  pace.stop()
  expect(due.length).toBeGreaterThan(before)
  expect(pace.lateness.maxMs).toBeGreaterThanOrEqual(4)
})

it('counts turns as idle in which nothing came back, and no others', async () => {
  let answers = 0
  const busy = await paced(50, 10_000, () => answers++)
  expect(busy.pace.idleCpuMs).toBe(0)
  const idle = await paced(50, 10_000, () => 0)
  // The system may count CPU time by ticks of several milliseconds.
  await expect.poll(() => idle.pace.idleCpuMs, { timeout: 10_000 }).toBeGreaterThan(0)
})
