/** What a test holds: servers and wires that end with it, the last opened first. */

import { onTestFinished } from 'vitest'
import type { Log, ServeOptions, Server, ServerEvents } from '@greetwire/server-core'
import { hello } from './frames.ts'
import type { Target } from './target.ts'
import { Wire } from './wire.ts'

/** Starts a server with one thread on a free port that logs nothing; it ends with the test. */
export async function start(target: Target, options: ServeOptions = {}): Promise<Server> {
  const server = await target.serve({ port: 0, threads: 1, log: () => {}, ...options })
  onTestFinished(() => server.close({ drainMs: 0 }))
  return server
}

/** Connects; the wire ends with the test. */
export async function dial(address: string): Promise<Wire> {
  const wire = await Wire.connect(address)
  onTestFinished(() => wire.close())
  return wire
}

/** Connects, says HELLO and reads WELCOME. */
export async function open(address: string): Promise<Wire> {
  const wire = await dial(address)
  const { frame } = await wire.send(hello()).frame()
  if (frame !== 'WELCOME') throw new Error(`Expected WELCOME, got ${frame}`)
  return wire
}

/** The next event of a kind. Call it before what causes it. */
export function next<Event extends keyof ServerEvents>(server: Server, event: Event): Promise<ServerEvents[Event]> {
  return new Promise((resolve) => {
    const stop = server.on(event, (detail) => {
      stop()
      resolve(detail)
    })
  })
}

/** For `expect.poll`, where no event tells of what is waited for. */
export const EAGERLY = { interval: 5, timeout: 4_000 }

/** A log that keeps its lines: `error: …`. */
export function keptLog(): { readonly lines: string[]; readonly log: Log } {
  const lines: string[] = []
  return { lines, log: (level, line) => void lines.push(`${level}: ${line}`) }
}

/** What `promise` rejects with; an error if it resolves. */
export async function failure(promise: Promise<unknown>): Promise<Error> {
  let value: unknown
  try {
    value = await promise
  } catch (error) {
    return error as Error
  }
  throw new Error(`Expected a rejection, got ${String(value)}`)
}
