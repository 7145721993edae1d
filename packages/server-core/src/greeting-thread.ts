/**
 * The inside of a pool thread: takes batches, calls the greeter, answers.
 *
 * It works in slices of a millisecond. After each it posts what is answered and yields, so that its heartbeat, its promises and
 * the messages to it get their turn. The clock, the yield and the port belong to the runtime.
 */

import type { GreeterResult, GuardedGreeter } from './guarded-greeter.ts'
import type { ThreadLedger } from './thread-ledger.ts'
import type { BatchOrder, ThreadOrder, ThreadReport } from './thread-messages.ts'

/** What a greeting thread needs of its runtime. */
export interface GreetingThreadPort {
  post(report: ThreadReport): void
  /** Milliseconds of a monotonic clock, with fractions. */
  now(): number
  /** Runs something after timers and messages that are due had their turn: `setImmediate`, not a microtask. */
  yield(run: () => void): void
}

/** Greets what it is sent. */
export class GreetingThread {
  readonly #greeter: GuardedGreeter
  readonly #ledger: ThreadLedger
  readonly #port: GreetingThreadPort
  readonly #batches: BatchOrder[] = []
  /** The next request of the first batch. */
  #next = 0
  /** The async greeters that run, by slot. */
  readonly #running = new Map<number, Promise<GreeterResult>>()
  #wakeScheduled = false
  // What the next report will hold.
  #slots: number[] = []
  #greetings: GreeterResult[] = []
  #forgotten: number[] = []
  #batchesConsumed = 0
  #started = 0
  #busyMs = 0

  constructor(greeter: GuardedGreeter, ledger: ThreadLedger, port: GreetingThreadPort) {
    this.#greeter = greeter
    this.#ledger = ledger
    this.#port = port
  }

  /** Takes an order in; ignores those that are not for a pool thread. */
  receive(order: ThreadOrder): void {
    if (order.kind === 'batch') {
      this.#batches.push(order)
      if (!this.#wakeScheduled) this.#work()
    } else if (order.kind === 'forget') {
      for (const slot of order.slots) {
        // One that is answered already needs no second answer.
        if (this.#running.delete(slot)) this.#forgotten.push(slot)
      }
      this.#scheduleWake()
    }
  }

  #work(): void {
    const sliceBegan = this.#port.now()
    let [batch] = this.#batches
    while (batch) {
      const sliceIsOver = this.#workOn(batch, sliceBegan)
      if (this.#next === batch.slots.length) {
        this.#batches.shift()
        this.#next = 0
        this.#batchesConsumed++
      }
      this.#report()
      if (sliceIsOver) break
      batch = this.#batches[0]
    }
    if (batch && this.#batches.length > 0) this.#scheduleWake()
  }

  /** Works until the batch or the slice is over; returns whether the slice is. */
  #workOn(batch: BatchOrder, sliceBegan: number): boolean {
    const began = this.#port.now()
    let now = began
    while (this.#next < batch.slots.length && now - sliceBegan < SLICE_MS) {
      const slot = batch.slots[this.#next] as number
      const name = batch.names[this.#next] as string
      this.#next++
      if (!this.#ledger.start(slot)) continue
      this.#started++
      this.#greet(slot, name)
      now = this.#port.now()
    }
    this.#busyMs += now - began
    return now - sliceBegan >= SLICE_MS
  }

  #greet(slot: number, name: string): void {
    const result = this.#greeter.call(name)
    if (typeof result !== 'object' || result === null) return this.#answer(slot, result)
    this.#running.set(slot, result)
    void this.#answerLater(slot, result)
  }

  async #answerLater(slot: number, result: Promise<GreeterResult>): Promise<void> {
    const greeting = await result
    // It may have been forgotten, and its slot may be another's by now.
    if (this.#running.get(slot) !== result) return
    this.#running.delete(slot)
    this.#answer(slot, greeting)
    this.#scheduleWake()
  }

  #answer(slot: number, result: GreeterResult): void {
    this.#ledger.finish(slot)
    this.#slots.push(slot)
    this.#greetings.push(result)
  }

  /** Goes on in another turn: with the next slice, or at least with the report of what came meanwhile. */
  #scheduleWake(): void {
    if (this.#wakeScheduled) return
    this.#wakeScheduled = true
    this.#port.yield(() => {
      this.#wakeScheduled = false
      if (this.#batches.length > 0) this.#work()
      else this.#report()
    })
  }

  #report(): void {
    const nothing = this.#slots.length === 0 && this.#forgotten.length === 0 && this.#batchesConsumed === 0
    if (nothing) return
    this.#port.post({
      kind: 'answers',
      slots: this.#slots,
      greetings: this.#greetings,
      forgotten: this.#forgotten,
      batchesConsumed: this.#batchesConsumed,
      started: this.#started,
      busyMs: this.#busyMs,
    })
    this.#slots = []
    this.#greetings = []
    this.#forgotten = []
    this.#batchesConsumed = 0
    this.#started = 0
    this.#busyMs = 0
  }
}

/** How long to work before others get a turn. */
const SLICE_MS = 1
