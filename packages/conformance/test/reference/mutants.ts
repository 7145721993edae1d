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
  ...Object.entries(serverBugs).map(([bug, what]): Mutant => {
    const killers = serverKillers[bug as keyof typeof serverBugs]
    const ownProcess = serversOfTheirOwn.has(bug)
    return {
      role: 'server',
      bug,
      what,
      killers,
      ownProcess,
      judge: (options) => judgeServer([bug], { ownProcess, ...options }),
    }
  }),
  ...Object.entries(clientBugs).map(([bug, what]): Mutant => {
    const killers = clientKillers[bug as keyof typeof clientBugs]
    const ownProcess = clientsOfTheirOwn.has(bug)
    return {
      role: 'client',
      bug,
      what,
      killers,
      ownProcess,
      judge: (options) => judgeClient([bug], { ownProcess, ...options }),
    }
  }),
]

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
