/**
 * Measures servers in turn under one load: all of them run, one is under load, and each round goes through all, forwards and then
 * backwards. What the machine does meanwhile hits neighbours alike, so ratios within a round mean more than any figure alone.
 */

import { readFileSync } from 'node:fs'
import type { LoadOptions, LoadResult } from './load.ts'
import type { Row } from './rows.ts'
import type { RunningProcess } from './server-process.ts'

/** One measurement of one row. */
export interface Measurement extends LoadResult {
  /** Requests for each second of the server's CPU time: what it costs, also on a machine that others use. */
  readonly perCpuSecond: number
  /** How much of a core others used on the two cores meanwhile. */
  readonly disturbance: number
}

/** A server that is up. */
export interface RunningRow {
  readonly row: Row
  readonly process: RunningProcess
}

/** Measurements of each row, by its name; the same index is the same round. */
export type RotationResult = Readonly<Record<string, readonly Measurement[]>>

/** Where servers and load run. */
export interface Cores {
  readonly server: string
  readonly load: string
}

/** Starts every row that can run; tells why each other cannot. */
export async function startRows(rows: readonly Row[], cores: string | undefined, skip: (line: string) => void) {
  const running: RunningRow[] = []
  for (const row of rows) {
    const missing = row.missing()
    if (missing === undefined) running.push({ row, process: await row.start(cores) })
    else skip(`skipped ${row.name}: ${missing}`)
  }
  return running
}

/** Measures every row `rounds` times. A row that fails is left out, and `tell` hears why. */
export async function rotate(
  rows: readonly RunningRow[],
  load: LoadOptions,
  rounds: number,
  cores: Cores,
  tell: (line: string) => void,
): Promise<RotationResult> {
  const failed = new Set<string>()
  const results: Record<string, Measurement[]> = Object.fromEntries(rows.map(({ row }) => [row.name, []]))
  for (let round = 0; round < rounds; round++) {
    for (const each of round % 2 === 0 ? rows : rows.toReversed()) {
      const { name } = each.row
      if (failed.has(name)) continue
      try {
        results[name]?.push(await measure(each, load, cores))
      } catch (error) {
        failed.add(name)
        tell(`skipped ${name}: ${String(error)}`)
      }
    }
  }
  for (const name of failed) delete results[name]
  return results
}

/** How much of the two cores others may use before a measurement is thrown away, and how often that is tried. */
const DISTURBED = 0.1
const PATIENCE = 3

/** Puts one row under load; again, a few times at most, if others used the cores meanwhile. */
export async function measure(running: RunningRow, load: LoadOptions, cores: Cores): Promise<Measurement> {
  let best = await measureOnce(running, load, cores)
  for (let attempt = 1; attempt < PATIENCE && best.disturbance > DISTURBED; attempt++) {
    const next = await measureOnce(running, load, cores)
    if (next.disturbance < best.disturbance) best = next
  }
  return best
}

async function measureOnce({ row, process }: RunningRow, load: LoadOptions, cores: Cores): Promise<Measurement> {
  const before = process.cpuSeconds()
  const busyBefore = busySeconds(cores)
  const began = performance.now()
  const result = await row.load(process, load, cores.load)
  const elapsed = (performance.now() - began) / 1e3
  const cpuSeconds = process.cpuSeconds() - before
  // What h2load used is not known: it is taken to have had its core to itself.
  const loadSeconds = (Number.isNaN(result.loadCpu) ? 1 : result.loadCpu) * elapsed
  const others = Math.max(0, busySeconds(cores) - busyBefore - cpuSeconds - loadSeconds)
  if (result.serverCpu > process.cores * 1.02) {
    throw new Error(
      `it used ${result.serverCpu.toFixed(2)} of ${process.cores} cores: its CPU time was measured wrongly`,
    )
  }
  return { ...result, perCpuSecond: result.perSecond / result.serverCpu, disturbance: others / elapsed }
}

/** Seconds in which the cores ran any process, since the machine started. */
function busySeconds(cores: Cores): number {
  const lines = readFileSync('/proc/stat', 'utf8').split('\n')
  const ticks = [cores.server, cores.load].map((core) => {
    const [user = 0, nice = 0, system = 0] = lines
      .find((line) => line.startsWith(`cpu${core} `))
      ?.split(' ')
      .slice(1)
      .map(Number) ?? [0, 0, 0]
    return user + nice + system
  })
  return ticks.reduce((sum, each) => sum + each, 0) / TICKS_PER_SECOND
}

const TICKS_PER_SECOND = 100
