/** The journal of greeters/mortal.ts: what was really executed, by which life of a thread. */

import { readFileSync } from 'node:fs'

/** The lives of threads that greeted each name; one for each time it was executed. */
export function readJournal(file: string): Map<string, string[]> {
  const executions = new Map<string, string[]>()
  for (const line of readFileSync(file, 'utf8').split('\n').slice(0, -1)) {
    const space = line.indexOf(' ')
    const name = line.slice(space + 1)
    executions.set(name, [...(executions.get(name) ?? []), line.slice(0, space)])
  }
  return executions
}
