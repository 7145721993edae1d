/**
 * A shard: a thread that does everything for its own connections. It listens on the port it shares with the other shards, and
 * greets where it reads. This is the inside of the thread.
 */

import { ConnectionHost } from './connection-host.ts'
import { sumCounters, ThreadCounters } from './counters.ts'
import { InlineEngine } from './inline-engine.ts'
import { openListeners } from './listeners.ts'
import { BUILT_IN_PREFIX } from './load-greeter.ts'
import type { Runtime } from './runtime.ts'
import type { ServerOptions } from './server-options.ts'
import type { StartOrder } from './thread-messages.ts'
import type { ThreadSide } from './thread-side.ts'
import type { StartedThread } from './thread-start.ts'
import { sweepTimers } from './timer-sweep.ts'

/** What a shard is told beside its greeter; it travels in the `service` of the start order. */
export interface ShardService {
  /** The options of the server, with the real ports. */
  readonly options: ServerOptions
  /** The counters of every shard, by its index. */
  readonly counters: readonly SharedArrayBuffer[]
  readonly trace: boolean
}

/** Serves connections until the thread ends. Throws ListenError if a port is refused. */
export async function runShard(
  order: StartOrder,
  thread: StartedThread,
  side: ThreadSide,
  runtime: Runtime,
): Promise<void> {
  const { options, counters: memories, trace } = order.service as ShardService
  const counters = memories.map((memory) => new ThreadCounters(memory))
  const { greeter, log } = thread
  const engine = new InlineEngine({
    greeter,
    greetingPrefix: order.greeter.kind === 'built-in' ? BUILT_IN_PREFIX : undefined,
    greeterTimeoutMs: options.greeterTimeoutMs,
    maxRunning: options.queueRequests,
    defer: (run) => runtime.defer(run),
  })
  const host = new ConnectionHost({
    options,
    engine,
    counters: counters[order.index] as ThreadCounters,
    // The limit is the server's, not the shard's, so every shard counts what all have open.
    countOpen: () => sumCounters(counters).connectionsOpen,
    log,
    now: () => runtime.now(),
    random: () => runtime.random(),
  })
  sweepTimers(host, runtime)
  runtime.every(host.sweepPeriodMs, () => engine.tick(runtime.now()))
  const listeners = await openListeners(runtime, host, {
    options,
    reusePort: true,
    thread: order.index,
    log,
    trace: trace ? (event) => side.post({ kind: 'trace', event }) : undefined,
  })
  side.onOrder((next) => {
    if (next.kind === 'drain') void drain(next.drainMs)
  })

  async function drain(drainMs: number): Promise<void> {
    await listeners.stop()
    await host.drain('SHUTTING_DOWN', runtime.now() + drainMs)
    // Whoever is done by now got a GOODBYE; the rest must not find a server that is closed.
    listeners.endHandshakes()
    side.post({ kind: 'drained' })
  }
}
