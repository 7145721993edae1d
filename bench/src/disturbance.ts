/** What others take of the cores while something is measured, and measuring again if it was much. */

import { readFileSync } from 'node:fs'
import type { RunningProcess } from './server-process.ts'

/** Where servers and load run. */
export interface Cores {
  readonly server: string
  readonly load: string
}

/** What ran while something was measured. */
export interface Watched<Result> {
  readonly result: Result
  /** How much of a core others used on the two cores. About zero, and also below it, if nobody did. */
  readonly disturbance: number
  /** How much of a core the load generators used. */
  readonly loadCpu: number
}

/** How much of the two cores others may use before a measurement counts as disturbed. */
export const DISTURBED = 0.1
/** How often a disturbed measurement is made at most. */
const PATIENCE = 3

/**
 * Runs load generators against `servers`; again, a few times at most, if others used the cores meanwhile. What is to be compared
 * or happens at once belongs into one `run`, so that it is repeated as one.
 */
export async function undisturbed<Result>(
  cores: Cores,
  servers: readonly RunningProcess[],
  run: () => Promise<Result>,
): Promise<Watched<Result>> {
  let best = await watch(cores, servers, run)
  for (let attempt = 1; attempt < PATIENCE && best.disturbance > DISTURBED; attempt++) {
    const next = await watch(cores, servers, run)
    if (next.disturbance < best.disturbance) best = next
  }
  return best
}

async function watch<Result>(
  cores: Cores,
  servers: readonly RunningProcess[],
  run: () => Promise<Result>,
): Promise<Watched<Result>> {
  const used = (): { all: number; servers: number; load: number } => ({
    all: busySeconds(readFileSync('/proc/stat', 'utf8'), [cores.server, cores.load]),
    servers: servers.reduce((sum, server) => sum + server.cpuSeconds(), 0),
    load: endedChildrenSeconds(readFileSync('/proc/self/stat', 'utf8')),
  })
  const before = used()
  const began = performance.now()
  const result = await run()
  const elapsed = (performance.now() - began) / 1e3
  const after = used()
  const load = after.load - before.load
  const others = after.all - before.all - (after.servers - before.servers) - load
  return { result, disturbance: others / elapsed, loadCpu: load / elapsed }
}

/**
 * Seconds since the machine started in which a core did something: for a process, for an interrupt (the network's half of the
 * kernel among them, which is charged to whom it interrupts), or for another guest of the host.
 */
export function busySeconds(stat: string, cores: readonly string[]): number {
  const lines = stat.split('\n').map((line) => line.split(' '))
  const ticks = cores.map((core) => {
    const [, user, nice, system, , , irq, softirq, steal] = lines.find(([name]) => name === `cpu${core}`) ?? []
    return [user, nice, system, irq, softirq, steal].reduce((sum, each) => sum + Number(each ?? 0), 0)
  })
  return ticks.reduce((sum, each) => sum + each, 0) / TICKS_PER_SECOND
}

/** CPU time of the children of a process that have ended: its load generators. Servers end after all is measured. */
function endedChildrenSeconds(stat: string): number {
  // The second field is the name of the program in brackets, which may contain spaces; user and system time are fields 16 and 17.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[13]) + Number(fields[14])) / TICKS_PER_SECOND
}

const TICKS_PER_SECOND = 100
