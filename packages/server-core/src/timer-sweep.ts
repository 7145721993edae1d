/** The clock of a connection host: one interval for all timers of all its connections. */

import type { ConnectionHost } from './connection-host.ts'
import type { Runtime } from './runtime.ts'

/**
 * Sweeps the timers of a host again and again, until the returned function is called.
 *
 * A timer may be due because the thread was held up, by a greeter that blocks it for instance. So what clients sent meanwhile is read
 * first, and only then is judged what was due when the sweep was: no timer blames a client for our own delay (SPEC "Timers").
 */
export function sweepTimers(host: ConnectionHost, runtime: Runtime): () => void {
  return runtime.every(host.sweepPeriodMs, () => {
    const now = runtime.now()
    // Node reads before the first of these runs, Bun before the second.
    runtime.yield(() => runtime.yield(() => host.sweep(now)))
  })
}
