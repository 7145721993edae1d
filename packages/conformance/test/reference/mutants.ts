/** The mutants of both roles: reference implementations with one fault each, what each breaks, and how it is judged. */
import type { Result } from '../../src/run/verdict.ts'
import { serverBugs } from './bugs.ts'
import { clientBugs } from './client-bugs.ts'
import { clientKillers, clientsOfTheirOwn } from './client-killers.ts'
import { judgeClient, judgeServer, type JudgeOptions } from './judge-mutant.ts'
import type { Killers } from './killers.ts'
import { serverKillers, serversOfTheirOwn } from './server-killers.ts'

export interface Mutant {
  readonly role: 'server' | 'client'
  /** Its fault, as `--bug` names it. */
  readonly bug: string
  /** What it does wrong. */
  readonly what: string
  readonly killers: Killers
  /** True when it may die, or when its killers look at its process. */
  readonly ownProcess: boolean
  judge(options: JudgeOptions): Promise<Result[]>
}

export const mutants: readonly Mutant[] = [
  ...mutantsOf('server', serverBugs, serverKillers, serversOfTheirOwn, judgeServer),
  ...mutantsOf('client', clientBugs, clientKillers, clientsOfTheirOwn, judgeClient),
]

function mutantsOf<Bug extends string>(
  role: Mutant['role'],
  bugs: Record<Bug, string>,
  killers: Record<Bug, Killers>,
  ownProcesses: ReadonlySet<string>,
  judge: typeof judgeServer,
): Mutant[] {
  return (Object.keys(bugs) as Bug[]).map((bug) => {
    const ownProcess = ownProcesses.has(bug)
    return {
      role,
      bug,
      what: bugs[bug],
      killers: killers[bug],
      ownProcess,
      judge: (options) => judge([bug], { ownProcess, ...options }),
    }
  })
}

/** The requirements that a mutant breaks. */
export function brokenBy({ killers }: Mutant): string[] {
  return [...new Set(Object.values(killers).flat())]
}

/** The ids of the cases that must kill a mutant, sorted. */
export function killerIds({ killers }: Mutant): string[] {
  return [...new Set(Object.keys(killers).map((execution) => execution.split('/')[0]!))].toSorted()
}

/** The ids of the cases that failed, sorted. */
export function failedIds(results: readonly Result[]): string[] {
  return [...new Set(results.filter(({ verdict }) => verdict === 'FAIL').map(({ id }) => id))].toSorted()
}

/** Judges mutants side by side, since most of the time they wait. */
export async function judgeAll(
  chosen: readonly Mutant[],
  jobs: number,
  judge: (mutant: Mutant) => Promise<void>,
): Promise<void> {
  const queue = [...chosen]
  const drive = async (): Promise<void> => {
    for (let mutant = queue.shift(); mutant !== undefined; mutant = queue.shift()) await judge(mutant)
  }
  await Promise.all(Array.from({ length: jobs }, drive))
}
