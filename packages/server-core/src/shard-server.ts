/** The `shard` model: each thread listens on the shared port and does everything for its own connections. */

import { ThreadCounters } from './counters.ts'
import { EventHub } from './event-hub.ts'
import { reservePorts } from './reserved-ports.ts'
import { RunningServer } from './running-server.ts'
import type { ServerOptions } from './server-options.ts'
import type { Server, ServerEvents } from './server.ts'
import type { ShardService } from './shard-thread.ts'
import type { ServerStart } from './server-start.ts'
import type { SupervisedThread } from './supervised-thread.ts'
import type { ThreadReport } from './thread-messages.ts'
import { SUPERVISOR_DEFAULTS, type ThreadListener, type ThreadLoss, ThreadSupervisor } from './thread-supervisor.ts'

/** Makes sure of the ports, then starts the shards. */
export async function startShards(start: ServerStart): Promise<Server> {
  const { runtime, log } = start
  const ports = await reservePorts(start)
  const options: ServerOptions = {
    ...start.options,
    port: ports.port,
    ...(ports.textPort && { textPort: ports.textPort }),
  }
  const events = new EventHub<ServerEvents>(log)
  const shards = new Shards({ ...start, options }, events)
  const stopSweep = runtime.every(SUPERVISOR_DEFAULTS.heartbeatMs / 4, () => shards.supervisor.tick(runtime.now()))
  try {
    await shards.supervisor.start(runtime.now())
  } catch (error) {
    stopSweep()
    throw error
  } finally {
    ports.release()
  }
  return new RunningServer({
    runtime,
    options,
    threading: 'shard',
    listeners: {
      address: { host: options.host, port: options.port },
      textAddress: options.textPort === undefined ? undefined : { host: options.host, port: options.textPort },
    },
    events,
    counters: () => shards.counters,
    threads: () => shards.supervisor.ready,
    queued: () => 0,
    drain: (drainMs) => shards.drain(drainMs),
    async stop() {
      stopSweep()
      await shards.supervisor.stop()
    },
  })
}

/** The shards of a server, and what they report. */
class Shards implements ThreadListener {
  readonly supervisor: ThreadSupervisor
  readonly counters: readonly ThreadCounters[]
  readonly #start: ServerStart
  readonly #events: EventHub<ServerEvents>
  /** The shards that still drain. */
  readonly #draining = new Map<SupervisedThread, () => void>()

  constructor(start: ServerStart, events: EventHub<ServerEvents>) {
    const { options, greeter, runtime, log } = start
    this.#start = start
    this.#events = events
    this.counters = Array.from({ length: options.threads }, () => new ThreadCounters())
    this.supervisor = new ThreadSupervisor(
      {
        ...SUPERVISOR_DEFAULTS,
        threads: options.threads,
        model: 'shard',
        greeter,
        spawner: runtime,
        log,
        heartbeatTimeoutMs: options.heartbeatTimeoutMs || Infinity,
        service: () => this.#service(),
      },
      this,
    )
  }

  /**
   * Drains every shard; one that dies meanwhile has nothing left to drain, and is not replaced by one that takes new connections.
   * A shard resets what is left at the deadline by itself, unless it is blocked: then its end does that.
   */
  async drain(drainMs: number): Promise<void> {
    const { runtime } = this.#start
    this.supervisor.retire()
    const drained = [...this.supervisor.ready].map(
      (thread) => new Promise<void>((resolve) => this.#draining.set(thread, resolve)),
    )
    for (const thread of this.#draining.keys()) thread.post({ kind: 'drain', drainMs })
    const deadline = runtime.now() + drainMs + LONGEST_SWEEP_MS
    const stopWaiting = runtime.every(SUPERVISOR_DEFAULTS.heartbeatMs, () => {
      if (runtime.now() < deadline) return
      for (const giveUp of this.#draining.values()) giveUp()
    })
    await Promise.all(drained)
    stopWaiting()
  }

  threadReady({ index }: SupervisedThread): void {
    this.#events.tell('thread-ready', { index })
  }

  threadLost(thread: SupervisedThread, loss: ThreadLoss): void {
    this.#draining.get(thread)?.()
    // Its connections are gone with it.
    const counters = this.counters[thread.index] as ThreadCounters
    counters.add('connectionsOpen', -counters.get('connectionsOpen'))
    this.#events.tell('thread-lost', { index: thread.index, loss })
  }

  threadReport(thread: SupervisedThread, report: ThreadReport): void {
    if (report.kind === 'drained') this.#draining.get(thread)?.()
    else if (report.kind === 'trace') this.#start.trace?.(report.event)
  }

  #service(): ShardService {
    const { options, trace } = this.#start
    return {
      options,
      counters: this.counters.map(({ memory }) => memory),
      trace: trace !== undefined,
    }
  }
}

/** How late a shard that is not blocked may be with a timer. */
const LONGEST_SWEEP_MS = 1_000
