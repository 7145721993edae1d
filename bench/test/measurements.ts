/** Measurements as the benchmark makes them, without a server. */

import type { LoadOptions } from '../src/load.ts'
import type { Measurement, RunningRow } from '../src/rotation.ts'

/** A measurement in which all is well, except for what is given. */
export function measurement(given: Partial<Measurement> = {}): Measurement {
  return {
    requests: 100,
    unanswered: 0,
    seconds: 1,
    perSecond: 100,
    perCpuSecond: 100,
    errors: 0,
    loadBusy: 0.5,
    serverCpu: 1,
    disturbance: 0,
    latencyUs: { p50: 1, p75: 1, p90: 1, p99: 2, p999: 3, p9999: 3, max: 3 },
    ...given,
  }
}

/** A server of that name that uses no CPU time; `load` is told which row is under load, and says how many requests a second it served. */
export function runningRow(name: string, load: (name: string, options: LoadOptions) => number): RunningRow {
  const process = { port: 0, pids: [], cores: 1, cpuSeconds: () => 0, residentBytes: () => 0, descriptors: () => 0 }
  return {
    row: {
      name,
      text: name,
      missing: () => undefined,
      start: () => Promise.reject(new Error('it runs')),
      load: async (_server, options) => measurement({ perSecond: load(name, options) }),
    },
    process: { ...process, stop: () => Promise.resolve() },
  }
}
