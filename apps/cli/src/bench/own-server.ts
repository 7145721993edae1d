/** A server that `greet bench --serve` starts for itself: `greet serve` of a runtime, in a process of its own, on a free port. */

import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { CommandError } from '../exit-codes.ts'
import type { Io } from '../io.ts'
import { findRuntime, type RuntimeName } from '../runtime-binary.ts'

/** A running server. */
export interface OwnServer {
  readonly address: string
  /** Stops it; resolves with the greetings that each of its threads made. */
  stop(): Promise<readonly number[]>
}

/** Starts a server. Throws CommandError if it does not come up. */
export async function startOwnServer(runtime: RuntimeName, io: Io): Promise<OwnServer> {
  const greet = fileURLToPath(import.meta.resolve('@greetwire/cli/main'))
  const words = [greet, 'serve', '--port', '0', '--no-text', '--json', '--runtime', runtime]
  // It ends with us through the channel, however we end. Ctrl-C does not reach it, for then it would end before its load.
  const stdio = ['ignore', 'pipe', 'inherit', 'ipc'] as const
  const child = spawn(await findRuntime(runtime, io), words, { stdio: [...stdio], detached: true })
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve())
    child.once('error', () => resolve())
  })
  const listening = Promise.withResolvers<string>()
  let greetedByThread: readonly number[] = []
  createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', (line) => {
    const event = JSON.parse(line) as { event: string; address: string; greetedByThread?: readonly number[] }
    if (event.event === 'listening') listening.resolve(event.address)
    if (event.event === 'draining') greetedByThread = event.greetedByThread ?? []
  })
  const never = ended.then(() => {
    throw new CommandError('failure', `Cannot start a server on ${runtime}: it ended before it listened`)
  })
  never.catch(() => undefined)
  return {
    address: await Promise.race([listening.promise, never]),
    async stop() {
      child.kill('SIGTERM')
      await ended
      return greetedByThread
    },
  }
}
