/** A running server, whatever runtime it runs on. */

import type { CounterName } from './counters.ts'
import type { GreeterOption } from './greeter.ts'
import type { Log } from './log.ts'
import type { ServerOptions } from './server-options.ts'
import type { Trace } from './socket-trace.ts'

/** What `serve` takes: any server option, the greeter, and who wants to see what happens. */
export interface ServeOptions extends Partial<ServerOptions> {
  /** What greets. Default: `Hello ` + name. */
  readonly greeter?: GreeterOption
  /** Takes the lines for the operator. Default: warnings and errors go to stderr. */
  readonly log?: Log
  /** Takes every stage of every socket. Default: nobody looks, and nothing is spent on it. */
  readonly trace?: Trace
}

/** What a server counted since its start, over all threads that live. */
export interface ServerStats extends Readonly<Record<CounterName, number>> {
  /** How many threads work. */
  readonly threadsReady: number
  /** How many threads died or hung and were replaced. */
  readonly threadsLost: number
  /** How many requests wait for a thread; always 0 in `shard`. */
  readonly queued: number
  /** Greetings made by each thread, by its index. */
  readonly greetedByThread: readonly number[]
}

/** What can be heard of a running server. */
export interface ServerEvents {
  /** A thread works in the place of one that was lost or failed to start. Those that work when `serve` resolves are not told. */
  'thread-ready': { readonly index: number }
  /** A thread died (`exit`) or showed no life (`hung`); another takes its place. */
  'thread-lost': { readonly index: number; readonly loss: 'exit' | 'hung' }
}

/** A running server. */
export interface Server extends AsyncDisposable {
  /** Where it listens, as a URL: `tcp://127.0.0.1:4356`, `tls://…` or `unix:///path`. */
  readonly address: string
  /** Where the plain text protocol is served, as a URL; absent without one. */
  readonly textAddress: string | undefined
  /** `node` or `bun`. */
  readonly runtime: string
  /** The threading model in use; never `auto`. */
  readonly threading: 'shard' | 'pool'
  /** How many threads do the work. */
  readonly threads: number
  stats(): ServerStats
  /** Listens to an event; the returned function ends that. */
  on<Event extends keyof ServerEvents>(event: Event, listener: (detail: ServerEvents[Event]) => void): () => void
  /**
   * Drains and ends: takes what the listen queue holds, says goodbye to every connection, answers what is in flight, and resets what
   * is left after `drainMs`, where 0 is at once (default: the option `drainTimeoutMs`, where 0 is never). Resolves once everything is
   * released. May be called again, for the same promise; the options of the first call count. Rejects with UsageError for a `drainMs`
   * that is no number from 0.
   */
  close(options?: { readonly drainMs?: number }): Promise<void>
}
