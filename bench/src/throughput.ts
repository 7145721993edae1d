/** Requests a second: what the load generator can do, the ratios by pairs at each depth, and the sweeps over connections and names. */

import type { Cores } from './disturbance.ts'
import type { LoadOptions } from './load.ts'
import { measurePairs, type PairedQuestion } from './pairs.ts'
import type { Profile } from './profile.ts'
import { DEPTHS, type Question, QUESTIONS } from './questions.ts'
import { type Measurement, type RotationResult, rotate, type RunningRow, startRows } from './rotation.ts'
import { rowCalled } from './rows.ts'

/** What was measured. */
export interface Throughput {
  /** The C server alone at each depth: the most that the load generator can do. */
  readonly limits: readonly { readonly depth: number; readonly measured: Measurement }[]
  readonly paired: readonly PairedQuestion[]
  readonly sweeps: readonly LoadTable[]
}

/** One load and what it gave, row by row. */
export interface LoadTable {
  readonly title: string
  readonly results: RotationResult
}

const SWEPT = ['limit', 'node-shard-built-in', 'node-shard-string', 'bun-shard-built-in', 'bun-shard-string']
const SWEEPS: readonly { readonly title: string; readonly load: LoadOptions }[] = [
  ...[1, 1_024].map((connections) => ({ title: `${connections} connections, depth 16`, load: { connections } })),
  ...[3, 64, 1_024].flatMap((nameBytes) =>
    ([0, 1] as const)
      // Names of three ASCII letters are what the pairs have.
      .filter((nonAscii) => nameBytes !== 3 || nonAscii === 1)
      .map((nonAscii) => ({
        title: `names of ${nameBytes} bytes, ${nonAscii ? 'two-byte letters' : 'ASCII'}, depth 16`,
        load: { nameBytes, nonAscii },
      })),
  ),
]

/** Measures all of it. */
export async function measureThroughput(
  profile: Profile,
  cores: Cores,
  tell: (line: string) => void,
): Promise<Throughput> {
  const { seconds, warmup } = profile
  const window = { seconds, warmup, spin: 1 } as const
  if (!profile.grpc) tell('skipped grpc: h2load takes six seconds for each figure; the full benchmark has it')
  const roundsOf = ({ target, base }: Question): number => {
    if (base === 'grpc' && !profile.grpc) return 0
    return target === undefined ? profile.comparisonRounds : profile.rounds
  }
  const questions = QUESTIONS.filter((question) => roundsOf(question) > 0)
  const names = new Set([
    'limit',
    ...(profile.sweepRounds > 0 ? SWEPT : []),
    ...questions.flatMap(({ subject, base }) => [base, subject]),
  ])
  const running = await startRows([...names].map(rowCalled), cores.server, tell)
  try {
    const warm = await warmUp(running)
    const limits: Throughput['limits'][number][] = []
    const limitRow = warm.filter(({ row }) => row.name === 'limit')
    for (const depth of DEPTHS) {
      const results = await rotate(limitRow, { ...window, depth }, 1, cores, tell)
      for (const measured of results['limit'] ?? []) {
        limits.push({ depth, measured })
        tell(limitLine(depth, measured))
      }
    }
    const paired: PairedQuestion[] = []
    for (const depth of DEPTHS) {
      tell(`64 connections, depth ${depth}, names of 3 bytes`)
      const ofDepth = questions.filter((question) => question.depth === depth)
      paired.push(...(await measurePairs(ofDepth, warm, { ...window, depth }, roundsOf, cores, tell)))
    }
    const sweeps: LoadTable[] = []
    const swept = warm.filter(({ row }) => SWEPT.includes(row.name))
    for (const { title, load } of profile.sweepRounds > 0 ? SWEEPS : []) {
      tell(title)
      const results = await rotate(swept, { ...window, depth: 16, ...load }, profile.sweepRounds, cores, tell)
      sweeps.push({ title, results })
    }
    return { limits, paired, sweeps }
  } finally {
    await Promise.all(running.map(({ process }) => process.stop()))
  }

  /** The compilers of the runtimes need some traffic before they do their best. Returns the rows that stood it. */
  async function warmUp(rows: readonly RunningRow[]): Promise<RunningRow[]> {
    const warm: RunningRow[] = []
    for (const each of rows) {
      try {
        await each.row.load(each.process, { depth: 16, seconds: 0.5, spin: 1 }, cores.load)
        warm.push(each)
      } catch (error) {
        tell(`skipped ${each.row.name}: ${String(error)}`)
      }
    }
    return warm
  }
}

/** How near the load generator is to its own limit, in words. */
export function limitLine(depth: number, { perSecond, loadBusy, serverCpu }: Measurement): string {
  const rate = Math.round(perSecond).toLocaleString('en')
  const busy = Math.round(loadBusy * 100)
  return `limit, depth ${depth}: ${rate}/s; the load generator had something to do for ${busy} % of the time, the server used ${serverCpu.toFixed(2)} of its core`
}
