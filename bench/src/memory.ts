/**
 * Memory and scale: `npm run bench:memory -- [--soak SECONDS] [--rounds N] [--out FILE] [--runtime node|bun]`.
 *
 * Resident memory at 0, 1,000 and 10,000 idle connections; a peer that never reads; CPU time for a request beside 0, 1, 1,000 and 10,000
 * idle connections, in --rounds rounds; memory over churn, and descriptors before and after it; and, with --soak, memory over that many
 * seconds of load.
 */

import { writeFileSync } from 'node:fs'
import { readOptions, refuse, requireMachine, wholeNumber } from './command-line.ts'
import { openIdle, openNeverReading } from './idle-connections.ts'
import { runLoad } from './load.ts'
import { measure, type RunningRow } from './rotation.ts'
import { ourRow } from './rows.ts'
import type { RunningProcess } from './server-process.ts'
import { ratio } from './statistics.ts'
import { firstGreeting } from './start-up.ts'
import { surroundings } from './surroundings.ts'

const options = readOptions(
  'npm run bench:memory -- [--soak SECONDS] [--rounds N] [--out FILE] [--runtime node|bun]',
  ['soak', 'rounds', 'out', 'runtime'],
  [],
)
if (options.runtime !== undefined && options.runtime !== 'node' && options.runtime !== 'bun')
  refuse(`--runtime is node or bun, not ${JSON.stringify(options.runtime)}`)
const soakSeconds = wholeNumber('--soak', options.soak, 0, 0)
const rounds = wholeNumber('--rounds', options.rounds, 1, 7)
requireMachine()
const KIB = 1_024
const CORES = { server: '0', load: '1' }
const NEVER_READING = 200
const IDLE_COUNTS = [0, 1, 1_000, 10_000]
const SAMPLES = 10
const CHURN_SECONDS = 3
const lines: string[] = []

for (const runtime of ['node', 'bun'] as const) {
  if (options.runtime !== undefined && options.runtime !== runtime) continue
  await withServer(runtime, idle)
  await withServer(runtime, neverReading)
  await withServer(runtime, besideIdle)
  await withServer(runtime, churn)
  if (soakSeconds > 0) await withServer(runtime, soak)
}
if (options.out !== undefined) {
  const { date, commit, machine, versions, command } = surroundings('bench:memory')
  const head = [
    '# Memory and scale',
    '',
    `${date}, commit ${commit}. ${machine}. ${versions}.`,
    `Command: \`${command}\`.`,
    '',
  ]
  writeFileSync(options.out, [...head, '| what | figure |', '|---|---|', ...lines, ''].join('\n'))
}

async function withServer(
  runtime: 'node' | 'bun',
  measureIt: (running: RunningRow, runtime: string) => Promise<void>,
): Promise<void> {
  const row = ourRow(runtime, 'shard', 'built-in')
  const process = await row.start(CORES.server)
  try {
    await firstGreeting(process.port)
    await measureIt({ row, process }, runtime)
  } finally {
    await process.stop()
  }
}

async function idle({ process: server }: RunningRow, runtime: string): Promise<void> {
  const own = await leastDescriptors(server)
  const empty = await settled(server)
  tell(runtime, 'resident memory, no connection', `${mebibytes(empty)} MiB`)
  for (const count of [1_000, 10_000]) {
    const close = await openIdle(server, count, own)
    const bytes = (await settled(server)) - empty
    tell(runtime, `resident memory for each of ${idleConnections(count)}`, `${(bytes / count / KIB).toFixed(2)} KiB`)
    await close()
  }
}

async function neverReading({ process: server }: RunningRow, runtime: string): Promise<void> {
  // What the runtime's heap takes for traffic as such is there before.
  await runLoad(server.port, { depth: 128, seconds: 2 }, CORES.load)
  const own = await leastDescriptors(server)
  const before = await settled(server)
  const close = await openNeverReading(server, NEVER_READING, own)
  const each = ((await settled(server)) - before) / NEVER_READING
  // Nothing is told of peers that the server has reset meanwhile, as it does once they stall for half a minute.
  await close()
  tell(runtime, 'resident memory for each peer that sends names and never reads', `${(each / KIB).toFixed(0)} KiB`)
}

async function besideIdle(running: RunningRow, runtime: string): Promise<void> {
  const costs = IDLE_COUNTS.map((): number[] => [])
  const counts = [...IDLE_COUNTS.entries()]
  await runLoad(running.process.port, { seconds: 2, spin: 1 }, CORES.load)
  const own = await leastDescriptors(running.process)
  for (let round = 0; round < rounds; round++) {
    for (const [index, count] of round % 2 === 0 ? counts : counts.toReversed()) {
      const close = await openIdle(running.process, count, own)
      const { perCpuSecond } = await measure(running, { seconds: 1, spin: 1 }, CORES)
      costs[index]?.push(1 / perCpuSecond)
      await close()
    }
  }
  const [none = [], ...beside] = costs
  for (const [index, cost] of beside.entries()) {
    const { median: middle, lowest, highest } = ratio(cost, none)
    const text = `${middle.toFixed(2)} [${lowest.toFixed(2)} … ${highest.toFixed(2)}]`
    tell(
      runtime,
      `CPU time for a request beside ${idleConnections(IDLE_COUNTS[index + 1] as number)}, against none`,
      text,
    )
  }
}

async function churn({ process: server }: RunningRow, runtime: string): Promise<void> {
  const run = (): Promise<unknown> =>
    runLoad(server.port, { churn: 1, connections: 16, seconds: CHURN_SECONDS, warmup: 0 }, CORES.load)
  await run()
  const before = await leastDescriptors(server)
  const samples = await memoryOver(server, run)
  tell(runtime, 'descriptors before and after churn', `${before}, ${await leastDescriptors(server)}`)
  tell(runtime, `resident memory over ${SAMPLES * CHURN_SECONDS} s of churn`, samples)
}

/** The fewest descriptors seen within the time that a connection may linger. */
async function leastDescriptors(server: RunningProcess): Promise<number> {
  let least = Infinity
  for (let round = 0; round < 12; round++) {
    await new Promise((resolve) => setTimeout(resolve, 250))
    least = Math.min(least, server.descriptors())
  }
  return least
}

async function soak({ process: server }: RunningRow, runtime: string): Promise<void> {
  const load = { connections: 64, depth: 16, rate: 20_000, seconds: soakSeconds / SAMPLES, warmup: 0 }
  const samples = await memoryOver(server, () => runLoad(server.port, load, CORES.load))
  tell(runtime, `resident memory over ${soakSeconds} s of 20,000 requests/s`, samples)
}

/** Resident memory after each of several runs. */
async function memoryOver(server: RunningProcess, run: () => Promise<unknown>): Promise<string> {
  const samples: string[] = []
  for (let part = 0; part < SAMPLES; part++) {
    await run()
    samples.push(mebibytes(server.residentBytes()))
  }
  return `${samples.join(', ')} MiB`
}

/** Resident memory once it no longer changes by more than a percent within half a second; after ten seconds whatever it is. */
async function settled(server: RunningProcess): Promise<number> {
  let last = server.residentBytes()
  for (let round = 0; round < 20; round++) {
    await new Promise((resolve) => setTimeout(resolve, 500))
    const now = server.residentBytes()
    if (Math.abs(now - last) < last / 100) return now
    last = now
  }
  return last
}

function idleConnections(count: number): string {
  return `${count.toLocaleString('en')} idle connection${count === 1 ? '' : 's'}`
}

function mebibytes(bytes: number): string {
  return (bytes / KIB / KIB).toFixed(1)
}

function tell(runtime: string, what: string, figure: string): void {
  console.log(`${runtime} ${what}: ${figure}`)
  lines.push(`| ${runtime} ${what} | ${figure} |`)
}
