import { expect, it } from 'vitest'
import type { ConnectionHost } from '../src/connection-host.ts'
import type { Runtime } from '../src/runtime.ts'
import { sweepTimers } from '../src/timer-sweep.ts'

it('judges what was due when the sweep was, once what has arrived is read', () => {
  const events: string[] = []
  let clock = 100
  const yielded: (() => void)[] = []
  const host = {
    sweepPeriodMs: 50,
    sweep: (now: number) => events.push(`swept at ${now}`),
  } as unknown as ConnectionHost
  const runtime = {
    now: () => clock,
    yield: (run: () => void) => void yielded.push(run),
    every(periodMs: number, act: () => void) {
      expect(periodMs).toBe(50)
      act()
      return () => events.push('stopped')
    },
  } as unknown as Runtime
  const stop = sweepTimers(host, runtime)
  clock = 900
  events.push('read')
  yielded.shift()?.()
  events.push('read on')
  yielded.shift()?.()
  stop()
  expect(events).toEqual(['read', 'read on', 'swept at 100', 'stopped'])
})
