/** A server under load, as a process of its own on cores of its own. */

import { type ChildProcess, spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { createInterface } from 'node:readline'

/** How to start one process. */
export interface Command {
  readonly command: string
  readonly words: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** The cores it may use, as taskset takes them; any if absent. */
  readonly cores?: string | undefined
}

/** A process that answers on a port. */
export interface RunningProcess {
  readonly port: number
  readonly pids: readonly number[]
  /** How many cores it may use. */
  readonly cores: number
  /** CPU time used since its start, in seconds, over all its threads that live. */
  cpuSeconds(): number
  /** Resident memory in bytes. */
  residentBytes(): number
  /** Open file descriptors. */
  descriptors(): number
  /** Ends it and waits until it is gone. */
  stop(): Promise<void>
}

const START_MS = 15_000

// A peer's server does not notice that we are gone.
const children = new Set<ChildProcess>()
process.once('exit', () => children.forEach((child) => child.kill()))

/** Starts a process and waits for its line `{"port":n}`. Rejects if it ends or says nothing for 15 seconds. */
export async function startProcess(start: Command): Promise<RunningProcess> {
  const child = spawnPinned(start)
  const { port } = JSON.parse(await firstLine(child)) as { port: number }
  return asRunning(child, port, start.cores)
}

/** Starts a process that says nothing, and waits until `ready` resolves. */
export async function startSilent(
  start: Command,
  port: number,
  ready: () => Promise<boolean>,
): Promise<RunningProcess> {
  const child = spawnPinned(start, 'ignore')
  const deadline = performance.now() + START_MS
  while (!(await ready())) {
    if (child.exitCode !== null || performance.now() > deadline) throw new Error(`${start.command} did not start`)
  }
  return asRunning(child, port, start.cores)
}

function spawnPinned({ command, words, env, cores }: Command, says: 'pipe' | 'ignore' = 'pipe'): ChildProcess {
  const [program, arguments_] =
    cores === undefined ? [command, words] : ['taskset', ['--cpu-list', cores, command, ...words]]
  const child = spawn(program, arguments_, {
    stdio: ['pipe', says, says === 'pipe' ? 'inherit' : 'ignore'],
    env: { ...process.env, ...env },
  })
  children.add(child)
  child.once('exit', () => children.delete(child))
  return child
}

function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL')
      reject(new Error(`${child.spawnfile} did not say where it listens`))
    }, START_MS)
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`${child.spawnargs.join(' ')} ended with ${code}`)))
    createInterface({ input: child.stdout as NodeJS.ReadableStream }).once('line', (line) => {
      clearTimeout(timer)
      resolve(line)
    })
  })
}

function asRunning(child: ChildProcess, port: number, cores: string | undefined): RunningProcess {
  const pid = child.pid as number
  const gone = new Promise((resolve) => child.once('exit', resolve))
  return {
    port,
    pids: [pid],
    cores: cores?.split(',').length ?? availableParallelism(),
    cpuSeconds: () => {
      let nanoseconds = 0
      for (const thread of readdirSync(`/proc/${pid}/task`)) {
        nanoseconds += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0])
      }
      return nanoseconds / 1e9
    },
    residentBytes: () => {
      const status = readFileSync(`/proc/${pid}/status`, 'utf8')
      return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) * 1_024
    },
    descriptors: () => readdirSync(`/proc/${pid}/fd`).length,
    async stop() {
      child.stdin?.end()
      const timer = setTimeout(() => child.kill('SIGKILL'), 3_000)
      // A peer's server does not watch its standard input.
      if (child.spawnargs.some((word) => /redis|nats-server/.test(word))) child.kill('SIGTERM')
      await gone
      clearTimeout(timer)
    },
  }
}
