/** A thread as its owner sees it: its seat, its shared memory, its heartbeat. */

import { ThreadLedger } from './thread-ledger.ts'
import type { ThreadOrder } from './thread-messages.ts'
import type { ThreadHandle } from './thread-spawner.ts'

/** One thread, from its start to its loss. */
export class SupervisedThread {
  /** Its seat, from 0; a replacement has the same. */
  readonly index: number
  readonly ledger: ThreadLedger = new ThreadLedger()
  /** Absent once the thread is gone. @internal */
  handle: ThreadHandle | undefined
  #beats = 0
  #stillMs = 0
  #stillTicks = 0

  constructor(index: number) {
    this.index = index
  }

  /** For how long its heartbeat has stood still, in milliseconds; 0 if it moved before the last tick. */
  get stillMs(): number {
    return this.#stillMs
  }

  /** For how many ticks in a row. */
  get stillTicks(): number {
    return this.#stillTicks
  }

  /** Sends an order. */
  post(order: ThreadOrder): void {
    this.handle?.post(order)
  }

  /** Looks whether the heartbeat moved in the last `elapsedMs`. @internal */
  observe(elapsedMs: number): void {
    const { beats } = this.ledger
    const still = beats === this.#beats
    this.#stillMs = still ? this.#stillMs + elapsedMs : 0
    this.#stillTicks = still ? this.#stillTicks + 1 : 0
    this.#beats = beats
  }
}
