import { expect, it } from 'vitest'
import { ThreadUse, threadCpuMs } from '../../src/bench/thread-use.ts'

it('tells the share of the time that the thread worked, without what it ran for nothing', () => {
  let idleCpuMs = 0
  const use = new ThreadUse(() => idleCpuMs)
  const began = threadCpuMs()
  while (threadCpuMs() - began < 5);
  expect(use.share()).toBeGreaterThan(0)
  expect(use.share()).toBeLessThanOrEqual(1)
  idleCpuMs = threadCpuMs()
  expect(use.share()).toBe(0)
})
