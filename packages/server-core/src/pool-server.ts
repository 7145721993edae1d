/** The `pool` model: the main thread owns all sockets, the others only greet. */

import { ConnectionHost } from './connection-host.ts'
import { ThreadCounters } from './counters.ts'
import { EventHub } from './event-hub.ts'
import { openListeners } from './listeners.ts'
import { RunningServer } from './running-server.ts'
import type { Server, ServerEvents } from './server.ts'
import type { ServerStart } from './server-start.ts'
import { ThreadEngine } from './thread-engine.ts'
import { SUPERVISOR_DEFAULTS } from './thread-supervisor.ts'
import { sweepTimers } from './timer-sweep.ts'

/** Starts the threads, then opens the ports. */
export async function startPool({ runtime, options, greeter, log, trace }: ServerStart): Promise<Server> {
  const events = new EventHub<ServerEvents>(log)
  const engine = new ThreadEngine({
    ...SUPERVISOR_DEFAULTS,
    threads: options.threads,
    greeter,
    spawner: runtime,
    log,
    heartbeatTimeoutMs: options.heartbeatTimeoutMs || Infinity,
    greeterTimeoutMs: options.greeterTimeoutMs,
    maxQueuedRequests: options.queueRequests,
    maxQueuedBytes: options.queueBytes,
    defer: (run) => runtime.defer(run),
    onThreadReady: (index) => events.tell('thread-ready', { index }),
    onThreadLost: (index, loss) => events.tell('thread-lost', { index, loss }),
  })
  const counters = new ThreadCounters()
  const host = new ConnectionHost({
    options,
    engine,
    counters,
    countOpen: () => counters.get('connectionsOpen'),
    log,
    now: () => runtime.now(),
    random: () => runtime.random(),
  })
  const stopSweep = sweepTimers(host, runtime)
  const stopTicks = runtime.every(SUPERVISOR_DEFAULTS.heartbeatMs / 4, () => engine.tick(runtime.now()))
  const stop = async (): Promise<void> => {
    stopSweep()
    stopTicks()
    await engine.stop()
  }
  try {
    await engine.start(runtime.now())
    const listeners = await openListeners(runtime, host, { options, reusePort: false, thread: undefined, log, trace })
    return new RunningServer({
      runtime,
      options,
      threading: 'pool',
      listeners,
      events,
      counters: () => [counters],
      threads: () => engine.readyThreads,
      queued: () => engine.queuedRequests,
      async drain(drainMs) {
        await listeners.stop()
        await host.drain('SHUTTING_DOWN', runtime.now() + drainMs)
        // Whoever is done by now got a GOODBYE; the rest must not find a server that is closed.
        listeners.endHandshakes()
      },
      async stop() {
        host.resetAll()
        await stop()
      },
    })
  } catch (error) {
    await stop()
    throw error
  }
}
