/** The main table: every row in turn at each depth, and the sweeps over connections and names. */

import type { Cores } from './disturbance.ts'
import type { LoadOptions } from './load.ts'
import type { Profile } from './profile.ts'
import { type RotationResult, rotate, type RunningRow, startRows } from './rotation.ts'
import { CONTROL_AND_PEER_ROWS, ourRow } from './rows.ts'

/** One load and what it gave. */
export interface LoadTable {
  readonly title: string
  readonly load: LoadOptions
  readonly results: RotationResult
}

const GREETERS = ['built-in', 'string'] as const

/** Measures all of it. */
export async function measureThroughput(
  profile: Profile,
  cores: Cores,
  tell: (line: string) => void,
): Promise<LoadTable[]> {
  const ours = (['node', 'bun'] as const).flatMap((runtime) => [
    ...GREETERS.map((greeter) => ourRow(runtime, 'shard', greeter)),
    ourRow(runtime, 'pool', 'string'),
  ])
  const running = await startRows([...CONTROL_AND_PEER_ROWS, ...ours], cores.server, tell)
  try {
    const tables: LoadTable[] = []
    // The compilers of the runtimes need some traffic before they do their best.
    for (const { row, process } of running) await row.load(process, { depth: 16, seconds: 1 }, cores.load)
    for (const depth of profile.depths) {
      tables.push(await table(running, `64 connections, depth ${depth}, names of 3 bytes`, { depth }))
    }
    if (profile.sweeps) {
      const greeting = running.filter(({ row }) => row.name === 'limit' || row.name.includes('shard'))
      for (const connections of [1, 1_024]) {
        tables.push(await table(greeting, `${connections} connections, depth 16`, { connections, depth: 16 }))
      }
      for (const nameBytes of [64, 1_024]) {
        for (const nonAscii of [0, 1] as const) {
          const title = `names of ${nameBytes} bytes, ${nonAscii ? 'two-byte letters' : 'ASCII'}, depth 16`
          tables.push(await table(greeting, title, { depth: 16, nameBytes, nonAscii }))
        }
      }
    }
    return tables
  } finally {
    await Promise.all(running.map(({ process }) => process.stop()))
  }

  async function table(rows: readonly RunningRow[], title: string, load: LoadOptions): Promise<LoadTable> {
    tell(title)
    const { seconds, warmup, rounds } = profile
    return { title, load, results: await rotate(rows, { ...load, seconds, warmup, spin: 1 }, rounds, cores, tell) }
  }
}
