/** How a runtime makes threads. The owner's side: a thread is seen by its messages and by its end. */

import type { StartOrder, ThreadOrder, ThreadReport } from './thread-messages.ts'

/** What the owner of a thread is told. Nothing is called from inside `spawn`, `post` or `terminate`. */
export interface ThreadEvents {
  onMessage(report: ThreadReport): void
  /** The thread is gone, called once and last. `reason` is for the log; exit codes mean nothing that holds for every runtime. */
  onExit(reason: string): void
}

/** A thread. */
export interface ThreadHandle {
  /** Sends an order; one to a thread that is gone is dropped. Never throws. */
  post(order: ThreadOrder): void
  /** Ends the thread, whatever it does. Settles once it is gone, and never rejects. */
  terminate(): Promise<void>
}

/** What a runtime must offer. */
export interface ThreadSpawner {
  /** Makes a thread and hands it `start`. May throw when the system has no more to give. */
  spawn(start: StartOrder, events: ThreadEvents): ThreadHandle
}
