/** Puts a server under load for a time or a number of requests, and tells what came back. */

import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { setTimeout as delay } from 'node:timers/promises'
import type { Target } from '@greetwire/client'
import { CommandError } from '../exit-codes.ts'
import { LatencyHistogram } from './latency-histogram.ts'
import { LoadConnection, type LoadListener } from './load-connection.ts'

/** What kind of load. */
export interface LoadOptions {
  readonly connections: number
  readonly depth: number
  readonly name: string
  readonly durationMs: number
  readonly warmupMs: number
  /** Stops after this many requests, if that is before the time is over; 0 is never. */
  readonly requests: number
  /** Requests a second over all connections; 0 is as fast as answers come. */
  readonly rate: number
  readonly tls: { readonly ca: string | undefined; readonly rejectUnauthorized: boolean }
}

/** What came back, without the warm-up. */
export interface LoadOutcome {
  readonly histogram: LatencyHistogram
  readonly elapsedMs: number
  /** How many answers of each kind were errors, and how many connections ended for which reason. */
  readonly errors: Readonly<Record<string, number>>
}

/** How long a connection may take to stand. */
const CONNECT_MS = 5_000
/** How often the pace is kept; requests that fall due in between are measured from their own time all the same. */
const PACE_MS = 1

/** Runs the load. `show` is called now and then with what there is so far. Throws CommandError if the server cannot be reached. */
export async function runLoad(
  target: Target,
  options: LoadOptions,
  show: (histogram: LatencyHistogram, elapsedMs: number) => void,
): Promise<LoadOutcome> {
  const histogram = new LatencyHistogram()
  const errors = new Map<string, number>()
  const enough = Promise.withResolvers<void>()
  let alive = options.connections
  const count = (what: string): void => void errors.set(what, (errors.get(what) ?? 0) + 1)
  const listener: LoadListener = {
    greeted(latencyMs) {
      histogram.record(latencyMs)
      if (histogram.count === options.requests) enough.resolve()
    },
    failed: count,
    ended(reason) {
      count(reason)
      if (--alive === 0) enough.resolve()
    },
  }
  const { name, depth, rate } = options
  const sockets = await Promise.all(Array.from({ length: options.connections }, () => open(target, options)))
  const connections = sockets.map((socket) => new LoadConnection(socket, { name, depth, paced: rate > 0 }, listener))
  const stopPace = rate > 0 ? keepPace(connections, rate) : undefined
  if (rate === 0) for (const connection of connections) connection.start()
  try {
    if (options.warmupMs > 0) {
      await Promise.race([delay(options.warmupMs), enough.promise])
      histogram.clear()
      errors.clear()
    }
    const began = performance.now()
    const showing = setInterval(() => show(histogram, performance.now() - began), 100)
    await Promise.race([delay(options.durationMs), enough.promise])
    clearInterval(showing)
    return { histogram, elapsedMs: performance.now() - began, errors: Object.fromEntries(errors) }
  } finally {
    stopPace?.()
    for (const connection of connections) connection.destroy()
  }
}

/** Lets requests fall due on the connections in turn, at even distances. */
function keepPace(connections: readonly LoadConnection[], perSecond: number): () => void {
  const began = performance.now()
  let fallen = 0
  const timer = setInterval(() => {
    const now = performance.now()
    for (let at = began; ; fallen++) {
      at = began + (fallen * 1_000) / perSecond
      if (at > now) break
      connections[fallen % connections.length]?.fallDue(at)
    }
  }, PACE_MS)
  return () => clearInterval(timer)
}

function open(target: Target, { tls }: LoadOptions): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = dial(target, tls)
    const fail = (why: string): void => {
      socket.destroy()
      reject(new CommandError('unreachable', `Cannot connect to ${target.text}: ${why}`))
    }
    socket.setNoDelay(true)
    socket.setTimeout(CONNECT_MS, () => fail(`no connection within ${CONNECT_MS} ms`))
    socket.once('error', (error) => fail(error.message))
    socket.once(target.kind === 'tls' ? 'secureConnect' : 'connect', () => {
      socket.removeAllListeners('error')
      socket.setTimeout(0)
      resolve(socket)
    })
  })
}

function dial(target: Target, { ca, rejectUnauthorized }: LoadOptions['tls']): Socket {
  if (target.kind === 'unix') return connectTcp({ path: target.path })
  const { host, port } = target
  if (target.kind === 'tcp') return connectTcp({ host, port })
  return connectTls({ host, port, ALPNProtocols: ['greetwire'], rejectUnauthorized, ...(ca !== undefined && { ca }) })
}
