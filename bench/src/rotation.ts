/**
 * Measures servers in turn under one load: all of them run, one is under load, and each round goes through all, forwards and then
 * backwards. What the machine does meanwhile hits neighbours alike, so ratios within a round mean more than any figure alone.
 */

import { type Cores, undisturbed } from './disturbance.ts'
import type { LoadOptions, LoadResult } from './load.ts'
import type { Row } from './rows.ts'
import type { RunningProcess } from './server-process.ts'

/** One measurement of one row. */
export interface Measurement extends LoadResult {
  /** The share of the time in which the load generator had something to do. */
  readonly loadBusy: number
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

/** Starts every row that can run; tells why each other cannot or does not. */
export async function startRows(rows: readonly Row[], cores: string | undefined, skip: (line: string) => void) {
  const running: RunningRow[] = []
  for (const row of rows) {
    const missing = row.missing()
    try {
      if (missing === undefined) running.push({ row, process: await row.start(cores) })
      else skip(`skipped ${row.name}: ${missing}`)
    } catch (error) {
      skip(`skipped ${row.name}: ${String(error)}`)
    }
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
        results[name]?.push(await measureAgain(each, load, cores))
      } catch (error) {
        failed.add(name)
        tell(`skipped ${name}: ${String(error)}`)
      }
    }
  }
  for (const name of failed) delete results[name]
  return results
}

/** Puts one row under load. Rejects if the load fails, or if the CPU time of the server cannot be right. */
export async function measure({ row, process }: RunningRow, load: LoadOptions, cores: Cores): Promise<Measurement> {
  const { result, disturbance, loadCpu } = await undisturbed(cores, [process], () =>
    row.load(process, load, cores.load),
  )
  checkCpu(process, result)
  // A load generator that does not spin uses its core when it has something to do.
  const loadBusy = result.loadBusy ?? loadCpu
  return { ...result, loadBusy, perCpuSecond: result.perSecond / result.serverCpu, disturbance }
}

/** The same, and once more if that failed: a short window on a busy machine may hold no answer. */
export async function measureAgain(running: RunningRow, load: LoadOptions, cores: Cores): Promise<Measurement> {
  try {
    return await measure(running, load, cores)
  } catch {
    return measure(running, load, cores)
  }
}

/** Throws if the server seems to have used no CPU time, or more than its cores have: then something was measured wrongly. */
export function checkCpu({ cores }: Pick<RunningProcess, 'cores'>, { serverCpu }: Pick<LoadResult, 'serverCpu'>): void {
  if (serverCpu > 0 && serverCpu <= cores * 1.02) return
  throw new Error(`it cannot have used ${serverCpu.toFixed(2)} of ${cores} cores`)
}
