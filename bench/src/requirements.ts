/** What the benchmark needs of the machine. */

import { execFileSync } from 'node:child_process'
import { availableParallelism } from 'node:os'

/** What is missing, or undefined if the benchmark can run. */
export function missingRequirement(): string | undefined {
  if (process.platform !== 'linux') return `this is ${process.platform}`
  const cores = availableParallelism()
  if (cores < 2) return `there is ${cores} core`
  const program = ['gcc', 'taskset'].find((each) => !isInstalled(each))
  return program && `${program} is not installed`
}

/** Whether a program is found on the path. */
export function isInstalled(program: string): boolean {
  try {
    execFileSync('which', [program], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
