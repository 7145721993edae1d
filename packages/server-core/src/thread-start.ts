/** The first thing a thread does in either model: it finds its greeter, or says why it cannot. */

import { GuardedGreeter } from './guarded-greeter.ts'
import { type ImportModule, loadGreeter } from './load-greeter.ts'
import type { Log } from './log.ts'
import { ThreadLedger } from './thread-ledger.ts'
import type { StartOrder, ThreadReport } from './thread-messages.ts'

/** What a thread needs of its runtime to start. */
export interface ThreadStartPort {
  post(report: ThreadReport): void
  importModule: ImportModule
  /** Calls something again and again: `setInterval`. */
  every(ms: number, run: () => void): void
}

/** A thread that has started: its heart beats, its greeter is there. */
export interface StartedThread {
  readonly greeter: GuardedGreeter
  readonly ledger: ThreadLedger
  /** Writes to the log of the server. */
  readonly log: Log
}

/**
 * Starts a thread. Resolves to undefined after it posted `refused`, and to a thread otherwise; the caller posts `ready` once the
 * rest of it stands. Never rejects.
 */
export async function startThread(order: StartOrder, port: ThreadStartPort): Promise<StartedThread | undefined> {
  const ledger = new ThreadLedger(order.ledger)
  const log: Log = (level, line) => port.post({ kind: 'log', level, line })
  port.every(order.heartbeatMs, () => ledger.beat())
  try {
    const greet = await loadGreeter(order.greeter, port.importModule)
    return { greeter: new GuardedGreeter(greet, order.greeter.kind === 'inline', ledger, log), ledger, log }
  } catch (error) {
    port.post({ kind: 'refused', reason: error instanceof Error ? error.message : String(error) })
    return undefined
  }
}
