/** The Server that `serve` returns: what both models have in common. */

import { UsageError } from '@greetwire/protocol'
import { type CounterName, sumCounters, type ThreadCounters } from './counters.ts'
import type { EventHub } from './event-hub.ts'
import { addressUrl } from './listener.ts'
import type { Listeners } from './listeners.ts'
import type { Runtime } from './runtime.ts'
import type { ServerOptions } from './server-options.ts'
import type { Server, ServerEvents, ServerStats } from './server.ts'
import type { SupervisedThread } from './supervised-thread.ts'

/** What a model brings. */
export interface RunningServerParts {
  readonly runtime: Runtime
  readonly options: ServerOptions
  readonly threading: Server['threading']
  readonly listeners: Pick<Listeners, 'address' | 'textAddress'>
  readonly events: EventHub<ServerEvents>
  counters(): Iterable<ThreadCounters>
  threads(): Iterable<SupervisedThread>
  queued(): number
  /** Takes no more connections and drains those there are. */
  drain(drainMs: number): Promise<void>
  /** Releases everything. */
  stop(): Promise<void>
}

/** A running server. */
export class RunningServer implements Server {
  readonly #parts: RunningServerParts
  readonly address: string
  readonly textAddress: string | undefined
  #threadsLost = 0
  #closed: Promise<void> | undefined

  constructor(parts: RunningServerParts) {
    this.#parts = parts
    const { address, textAddress } = parts.listeners
    this.address = addressUrl(address, parts.options.tls !== undefined)
    this.textAddress = textAddress && addressUrl(textAddress)
    parts.events.on('thread-lost', () => this.#threadsLost++)
  }

  get runtime(): string {
    return this.#parts.runtime.name
  }

  get threading(): Server['threading'] {
    return this.#parts.threading
  }

  get threads(): number {
    return this.#parts.options.threads
  }

  stats(): ServerStats {
    const counts: Record<CounterName, number> = sumCounters(this.#parts.counters())
    const greetedByThread = Array.from({ length: this.threads }, () => 0)
    let threadsReady = 0
    for (const { index, ledger } of this.#parts.threads()) {
      greetedByThread[index] = ledger.greetedCount
      threadsReady++
    }
    return { ...counts, threadsReady, threadsLost: this.#threadsLost, queued: this.#parts.queued(), greetedByThread }
  }

  on<Event extends keyof ServerEvents>(event: Event, listener: (detail: ServerEvents[Event]) => void): () => void {
    return this.#parts.events.on(event, listener)
  }

  close({
    drainMs = this.#parts.options.drainTimeoutMs || Infinity,
  }: { readonly drainMs?: number } = {}): Promise<void> {
    if (!(drainMs >= 0)) {
      return Promise.reject(
        new UsageError(`Cannot close the server: drainMs is ${drainMs}, allowed is a number from 0`),
      )
    }
    this.#closed ??= this.#close(drainMs)
    return this.#closed
  }

  async #close(drainMs: number): Promise<void> {
    try {
      await this.#parts.drain(drainMs)
    } finally {
      await this.#parts.stop()
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}
