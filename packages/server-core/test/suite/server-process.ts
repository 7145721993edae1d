/** Starts a server in a process of its own, on the runtime that the test runs on. */

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import type { ServeOptions } from '@greetwire/server-core'
import type { Target } from './target.ts'

const SCRIPT = fileURLToPath(new URL('./processes/serve.ts', import.meta.url))

/** A process, and the one line that it printed: the server's address or the error. */
export interface ServerProcess {
  readonly line: string
  readonly pid: number
  /** Ends it so that it can tidy up nothing. */
  kill(): Promise<void>
}

/** Resolves once the process has printed its line. It ends with the test. */
export async function startProcess(target: Target, options: ServeOptions): Promise<ServerProcess> {
  const child = spawn(process.execPath, [SCRIPT, target.module, JSON.stringify(options)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const kill = (): Promise<void> => end(child)
  onTestFinished(kill)
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string]
  return { line, pid: child.pid as number, kill }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGKILL')
  await exited
}
