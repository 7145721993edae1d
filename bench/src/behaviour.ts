/** What a user feels beside throughput: latency at a fixed rate, churn, time to the first greeting, start-up, a busy greeter. */

import type { Cores } from './disturbance.ts'
import type { LoadOptions } from './load.ts'
import type { Profile } from './profile.ts'
import { measure, type RunningRow, startRows } from './rotation.ts'
import { ourRow, type Row, rowCalled } from './rows.ts'
import { median } from './statistics.ts'
import { measureStartUp } from './start-up.ts'

/** One figure with its unit and, where one is asked for, its limit. */
export interface Figure {
  readonly text: string
  readonly value: number
  readonly unit: string
  readonly asked?: string
}

/** Measures all of it. */
export async function measureBehaviour(
  profile: Profile,
  cores: Cores,
  tell: (line: string) => void,
): Promise<{ figures: Figure[] }> {
  const figures: Figure[] = []
  const rows = ['limit', 'node-shard-built-in', 'bun-shard-built-in'].map(rowCalled)
  await withRows(rows, cores.server, tell, async (running) => {
    for (const each of running) figures.push(...(await latencies(each, profile, cores)))
  })
  for (const runtime of ['node', 'bun'] as const) {
    tell(`start-up of ${runtime}`)
    figures.push({
      text: `${runtime}: process start to first greeting`,
      value: await measureStartUp(runtime),
      unit: 'ms',
    })
    tell(`a greeter that burns a millisecond, ${runtime}`)
    figures.push(...(await burning(runtime, profile, cores, tell)))
  }
  return { figures }
}

async function latencies(each: RunningRow, profile: Profile, cores: Cores): Promise<Figure[]> {
  const { seconds } = profile
  const { name } = each.row
  const fixed = await measure(each, { rate: 20_000, depth: 16, seconds: seconds * 2 }, cores)
  const churn = await measure(each, { churn: 1, connections: 8, seconds }, cores)
  const first = await measure(each, { churn: 1, connections: 1, seconds }, cores)
  return [
    { text: `${name}: 20,000/s fixed, p50`, value: fixed.latencyUs?.p50 ?? Number.NaN, unit: 'µs' },
    { text: `${name}: 20,000/s fixed, p99`, value: fixed.latencyUs?.p99 ?? Number.NaN, unit: 'µs' },
    { text: `${name}: 20,000/s fixed, p99.9`, value: fixed.latencyUs?.p999 ?? Number.NaN, unit: 'µs' },
    { text: `${name}: connect, greet, close`, value: churn.perSecond, unit: '/s' },
    { text: `${name}: connect to first greeting, p50`, value: first.latencyUs?.p50 ?? Number.NaN, unit: 'µs' },
  ]
}

/** Two threads against one under a greeter that burns CPU, and how PING fares meanwhile; the server may use every core. */
async function burning(
  runtime: 'node' | 'bun',
  profile: Profile,
  cores: Cores,
  tell: (line: string) => void,
): Promise<Figure[]> {
  const rows = [ourRow(runtime, 'pool', 'burn', 1), ourRow(runtime, 'pool', 'burn', 2)]
  return withRows(rows, undefined, tell, async ([one, two]) => {
    if (!one || !two) return []
    const load: LoadOptions = { connections: 8, depth: 16, seconds: profile.seconds * 2, warmup: 0.5 }
    const ratios: number[] = []
    const pings: number[] = []
    for (let round = 0; round < profile.rounds; round++) {
      const single = await measure(one, load, cores)
      const [double, ping] = await Promise.all([
        measure(two, load, cores),
        measure(two, { protocol: 'ping', rate: 200, connections: 1, seconds: profile.seconds * 2, warmup: 0.5 }, cores),
      ])
      ratios.push(double.perSecond / single.perSecond)
      pings.push((ping.latencyUs?.p99 ?? Number.NaN) / 1e3)
    }
    return [
      {
        text: `${runtime}: two threads against one, 1 ms of CPU each`,
        value: median(ratios),
        unit: '×',
        asked: '≥ 1.9',
      },
      { text: `${runtime}: p99 of PING meanwhile`, value: median(pings), unit: 'ms', asked: '< 5' },
    ]
  })
}

async function withRows<Result>(
  rows: readonly Row[],
  cores: string | undefined,
  tell: (line: string) => void,
  use: (running: readonly RunningRow[]) => Promise<Result>,
): Promise<Result> {
  const running = await startRows(rows, cores, tell)
  try {
    return await use(running)
  } finally {
    await Promise.all(running.map(({ process }) => process.stop()))
  }
}
