/** Puts a server under load for a time or a number of greetings, and tells what came back. */

import type { Target, TlsOptions } from '@greetwire/client'
import type { ServerInfo } from '@greetwire/protocol'
import { CommandError } from '../exit-codes.ts'
import type { LatencyHistogram } from './latency-histogram.ts'
import { LoadConnection } from './load-connection.ts'
import { LoadTally } from './load-tally.ts'
import { Pace } from './pace.ts'
import { ThreadUse } from './thread-use.ts'

/** What kind of load. */
export interface LoadOptions {
  readonly connections: number
  readonly depth: number
  readonly name: string
  readonly connectTimeoutMs: number
  readonly warmupMs: number
  readonly durationMs: number
  /** Stops after this many greetings, if that is before the time is over; 0 is never. */
  readonly requests: number
  /** How long the last answers are waited for. */
  readonly graceMs: number
  /** Requests a second over all connections; 0 is as fast as answers come. */
  readonly rate: number
  readonly tls: TlsOptions
}

/** What came back, without the warm-up. */
export interface LoadOutcome {
  readonly tally: LoadTally
  readonly server: ServerInfo
  /** How busy the thread was that made the load, from 0 to 1. */
  readonly loadShare: number
  /** How late requests fell due because that thread was; undefined if there was no pace. */
  readonly lateness: LatencyHistogram | undefined
}

/**
 * Runs the load. `show` is called now and then with what there is so far. `interrupted` ends the measurement at once: then this is
 * what there is so far, and undefined if it had not begun. Throws if a connection cannot be opened, if none is left in the end, and
 * if the name cannot be sent.
 */
export async function runLoad(
  target: Target,
  options: LoadOptions,
  show: (tally: LoadTally) => void,
  interrupted: AbortSignal,
): Promise<LoadOutcome | undefined> {
  const { connections: count, name, depth, rate, tls } = options
  const tally = new LoadTally(count, options.requests)
  const connections: LoadConnection[] = []
  let pace: Pace | undefined
  const showing = setInterval(() => show(tally), 100)
  const interruption = aborted(interrupted)
  try {
    for (let index = 0; index < count; index++)
      connections.push(new LoadConnection(target, { name, depth, tls }, tally))
    const server = await Promise.race([welcomeOf(connections, target, options), interruption])
    if (!server) return undefined
    if (rate > 0) pace = new Pace(rate, { fallDue: turns(connections), answers: () => tally.answers })
    else for (const connection of connections) connection.start()

    if (options.warmupMs > 0) await atMost(options.warmupMs, Promise.race([tally.over, interruption]))
    if (interrupted.aborted) return undefined
    tally.checkAlive(target.text)
    const use = new ThreadUse(() => pace?.idleCpuMs ?? 0)
    pace?.lateness.clear()
    tally.begin()
    await atMost(options.durationMs, Promise.race([tally.over, interruption]))
    tally.end()
    const loadShare = use.share()
    pace?.stop()

    const settled = Promise.all(connections.map((connection) => connection.finish()))
    await atMost(options.graceMs, Promise.race([settled, interruption]))
    tally.giveUp(connections.flatMap((connection) => (connection.isOpen ? connection.unanswered() : [])))
    tally.checkAlive(target.text)
    return { tally, server, loadShare, lateness: pace?.lateness }
  } finally {
    clearInterval(showing)
    pace?.stop()
    for (const connection of connections) connection.destroy()
  }
}

/** Waits until all connections stand. */
async function welcomeOf(
  connections: readonly LoadConnection[],
  { text }: Target,
  { connectTimeoutMs }: LoadOptions,
): Promise<ServerInfo> {
  const all = Promise.all(connections.map(({ welcomed }) => welcomed))
  // As everywhere, 0 is no limit.
  const welcomes = connectTimeoutMs === 0 ? await all : await atMost(connectTimeoutMs, all)
  if (welcomes) return welcomes[0] as ServerInfo
  const reason = `no WELCOME on every connection within ${connectTimeoutMs} ms; check that a Greetwire server answers there`
  throw new CommandError('timeout', `Cannot connect to ${text}: ${reason}`)
}

/** Gives what falls due to the connections in turn, without those that take no more. */
function turns(connections: readonly LoadConnection[]): (at: number) => void {
  let turn = 0
  return (at) => {
    for (let tried = 0; tried < connections.length; tried++) {
      const connection = connections[turn++ % connections.length] as LoadConnection
      if (connection.takesRequests) return connection.fallDue(at)
    }
    // Nobody takes it, so it stays without an answer.
    connections.find(({ isOpen }) => isOpen)?.fallDue(at)
  }
}

/** Resolves once `signal` is aborted. */
function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined)
    signal.addEventListener('abort', () => resolve(undefined), { once: true })
  })
}

/** Waits for `promise`, but no longer than this; undefined if that was too short. */
async function atMost<Value>(milliseconds: number, promise: Promise<Value>): Promise<Value | undefined> {
  const time = Promise.withResolvers<undefined>()
  const timer = setTimeout(() => time.resolve(undefined), milliseconds)
  try {
    return await Promise.race([promise, time.promise])
  } finally {
    clearTimeout(timer)
  }
}
