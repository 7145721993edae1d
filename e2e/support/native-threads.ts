/** Looks at a process as the Linux kernel sees it: its threads, its children. */

import { readdirSync, readFileSync } from 'node:fs'

/** The native threads of a process, as `<process>/task/<thread>`. */
export function threadsOf(pid: number): string[] {
  return readdirSync(`/proc/${pid}/task`).map((thread) => `${pid}/task/${thread}`)
}

/** The processes that a process has started and not buried yet. */
export function childrenOf(pid: number): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((each) => each > 0 && parentOf(each) === pid)
}

function parentOf(pid: number): number | undefined {
  try {
    // The name of the command stands between brackets and may hold anything.
    const [, behindName = ''] = /.*\) (.*)/s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? []
    return Number(behindName.split(' ')[1])
  } catch {
    // It ended meanwhile.
    return undefined
  }
}
