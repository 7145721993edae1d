/** What a user feels beside throughput: latency at a fixed rate, churn, time to the first greeting, start-up, a busy greeter. */

import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { type Cores, DISTURBED, undisturbed } from './disturbance.ts'
import type { Figure } from './figures.ts'
import type { LoadOptions } from './load.ts'
import type { Profile } from './profile.ts'
import { checkCpu, type Measurement, measure, rotate, type RunningRow, startRows } from './rotation.ts'
import { ourRow, programOf, type Row, rowCalled } from './rows.ts'
import { measureStartUp } from './start-up.ts'
import { ratio, spread } from './statistics.ts'

const CALIBRATE = fileURLToPath(new URL('../servers/calibrate.ts', import.meta.url))
const PERCENTILES = { p50: 'p50', p99: 'p99', p999: 'p99.9' } as const

/** Measures all of it. */
export async function measureBehaviour(
  profile: Profile,
  cores: Cores,
  tell: (line: string) => void,
): Promise<{ figures: Figure[] }> {
  const figures: Figure[] = []
  const rows = ['limit', 'node-shard-built-in', 'bun-shard-built-in'].map(rowCalled)
  await withRows(rows, cores.server, tell, async (running) => {
    figures.push(...(await latencies(running, profile, cores, tell)))
  })
  for (const runtime of ['node', 'bun'] as const) {
    if (ourRow(runtime, 'shard', 'built-in').missing() !== undefined) continue
    tell(`start-up of ${runtime}`)
    const starts = await measureStartUp(runtime)
    const text = `${runtime}: process start to first greeting`
    figures.push({ text, unit: 'ms', values: spread(starts), rounds: starts.length, disturbed: 0 })
    tell(`a greeter that burns a millisecond, ${runtime}`)
    try {
      figures.push(...(await burning(runtime, profile, cores, tell)))
    } catch (error) {
      tell(`skipped the greeter that burns a millisecond, ${runtime}: ${String(error)}`)
    }
  }
  return { figures }
}

async function latencies(
  running: readonly RunningRow[],
  { seconds, warmup, rounds }: Profile,
  cores: Cores,
  tell: (line: string) => void,
): Promise<Figure[]> {
  const inTurn = async (text: string, load: LoadOptions) => {
    tell(text)
    return Object.entries(await rotate(running, { seconds, warmup, spin: 1, ...load }, rounds, cores, tell))
  }
  const fixed = await inTurn('latency at 20,000 requests a second', { rate: 20_000, depth: 16, seconds: seconds * 2 })
  const churn = await inTurn('connect, greet, close', { churn: 1, connections: 8 })
  const first = await inTurn('connect to first greeting', { churn: 1, connections: 1 })
  return [
    ...fixed.flatMap(([name, measured]) =>
      (['p50', 'p99', 'p999'] as const).map((share) => ({
        text: `${name}: 20,000/s fixed, ${PERCENTILES[share]}`,
        unit: 'µs',
        values: spread(measured.map(({ latencyUs }) => latencyUs?.[share] ?? Number.NaN)),
        ...roundsOf(measured),
      })),
    ),
    // Connecting costs the client more than accepting costs the C server, so connections a second would be a figure of the load.
    ...churn.map(([name, measured]) => ({
      text: `${name}: connect, greet, close; for each second of the server’s CPU time`,
      unit: 'connections',
      values: spread(measured.map(({ perCpuSecond }) => perCpuSecond)),
      ...roundsOf(measured),
    })),
    ...first.map(([name, measured]) => ({
      text: `${name}: connect to first greeting, p50`,
      unit: 'µs',
      values: spread(measured.map(({ latencyUs }) => latencyUs?.p50 ?? Number.NaN)),
      ...roundsOf(measured),
    })),
  ]
}

/**
 * A greeter that burns CPU: pool against shard, two threads against one, and how PING fares meanwhile. The server may use every
 * core, so the load sleeps when it has nothing to do.
 */
async function burning(
  runtime: 'node' | 'bun',
  profile: Profile,
  cores: Cores,
  tell: (line: string) => void,
): Promise<Figure[]> {
  const env = { ROUNDS_PER_MILLISECOND: execFileSync(programOf(runtime), [CALIBRATE], { encoding: 'utf8' }) }
  const rows = [
    ourRow(runtime, 'shard', 'burn', 1, env),
    ourRow(runtime, 'pool', 'burn', 1, env),
    ourRow(runtime, 'pool', 'burn', 2, env),
  ]
  return withRows(rows, undefined, tell, async ([shard, one, two]) => {
    if (!shard || !one || !two) return []
    const load: LoadOptions = { connections: 8, depth: 16, seconds: profile.seconds * 2, warmup: 0.5 }
    type Step = Pick<Measurement, 'disturbance'>
    const shards: (Step & { perSecond: number })[] = []
    const ones: typeof shards = []
    const twos: typeof shards = []
    const pings: (Step & { p99Ms: number })[] = []
    const steps = [
      async () => shards.push(await measure(shard, load, cores)),
      async () => ones.push(await measure(one, load, cores)),
      async () => twos.push(await measure(two, load, cores)),
      async () => pings.push(await measurePing(two, load, cores)),
    ]
    // What is compared comes back to back, forwards and backwards in turn.
    for (let round = 0; round < profile.rounds; round++) {
      for (const step of round % 2 === 0 ? steps : steps.toReversed()) await step()
    }
    const rates = (measured: typeof shards): number[] => measured.map(({ perSecond }) => perSecond)
    return [
      {
        text: `${runtime}: pool against shard, one thread, 1 ms of CPU each`,
        unit: '×',
        values: ratio(rates(ones), rates(shards)),
        ...roundsOf(ones, shards),
      },
      {
        text: `${runtime}: two threads against one, 1 ms of CPU each`,
        unit: '×',
        values: ratio(rates(twos), rates(ones)),
        ...roundsOf(twos, ones),
        target: { atLeast: 1.9 },
      },
      {
        text: `${runtime}: p99 of PING meanwhile`,
        unit: 'ms',
        values: spread(pings.map(({ p99Ms }) => p99Ms)),
        ...roundsOf(pings),
        target: { below: 5 },
      },
    ]
  })
}

/** How many rounds there were, and in how many of them others used the cores while one of these was measured. */
function roundsOf(
  ...measured: readonly (readonly Pick<Measurement, 'disturbance'>[])[]
): Pick<Figure, 'rounds' | 'disturbed'> {
  const rounds = measured[0]?.length ?? 0
  const isDisturbed = (round: number): boolean => measured.some((each) => (each[round]?.disturbance ?? 0) > DISTURBED)
  return { rounds, disturbed: Array.from({ length: rounds }, (_, round) => round).filter(isDisturbed).length }
}

/** The p99 of a PING two hundred times a second beside the load; if others disturb one of them, both are repeated. */
async function measurePing({ row, process }: RunningRow, load: LoadOptions, cores: Cores) {
  const ping = { ...load, protocol: 'ping', rate: 200, connections: 1 }
  const { result, disturbance } = await undisturbed(cores, [process], () =>
    Promise.all([row.load(process, load, cores.load), row.load(process, ping, cores.load)]),
  )
  const [greeted, pinged] = result
  checkCpu(process, greeted)
  return { disturbance, p99Ms: (pinged.latencyUs?.p99 ?? Number.NaN) / 1e3 }
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
