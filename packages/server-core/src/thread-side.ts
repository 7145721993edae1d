/** A thread as it sees itself: its line to its owner. Each runtime fills it in its thread-entry.ts. */

import type { ThreadOrder, ThreadReport } from './thread-messages.ts'

/** A thread's line to its owner. */
export interface ThreadSide {
  post(report: ThreadReport): void
  /** Sets who takes the orders from now on; those that came before are not lost. */
  onOrder(take: (order: ThreadOrder) => void): void
}
