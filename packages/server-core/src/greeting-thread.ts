/**
 * The inside of a pool thread: takes batches, calls the greeter, answers.
 *
 * It works in slices of a millisecond. After each it posts what is answered and yields, so that its heartbeat, its promises and
 * the messages to it get their turn. The clock, the yield and the port belong to the runtime.
 */

import type { GreeterResult, GuardedGreeter } from './guarded-greeter.ts'
import type { ThreadLedger } from './thread-ledger.ts'
import { SlotReader, SlotWriter } from './packed-slots.ts'
import { ANSWER_MARKS, type BatchOrder, type ThreadOrder, type ThreadReport } from './thread-messages.ts'

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
  readonly #orders: SlotReader
  readonly #answers: SlotWriter
  /** How many requests of the first batch were read. */
  #read = 0
  /** The async greeters that run, by slot. */
  readonly #running = new Map<number, Promise<GreeterResult>>()
  #wakeScheduled = false
  // What the next report will hold.
  #batchesConsumed = 0
  #started = 0
  #busyMs = 0

  constructor(greeter: GuardedGreeter, ledger: ThreadLedger, port: GreetingThreadPort) {
    this.#greeter = greeter
    this.#ledger = ledger
    this.#port = port
    this.#orders = new SlotReader(ledger.orderedSlots)
    this.#answers = new SlotWriter(ledger.answeredSlots)
  }

  /** Takes an order in; ignores those that are not for a pool thread. */
  receive(order: ThreadOrder): void {
    if (order.kind === 'batch') {
      this.#batches.push(order)
      if (!this.#wakeScheduled) this.#work()
    } else if (order.kind === 'forget') {
      for (const slot of order.slots) {
        // One that is answered already needs no second answer.
        if (this.#running.delete(slot)) this.#answers.mark(slot, ANSWER_MARKS.forgotten)
      }
      this.#scheduleWake()
    }
  }

  #work(): void {
    const sliceBegan = this.#port.now()
    let [batch] = this.#batches
    while (batch) {
      const sliceIsOver = this.#workOn(batch, sliceBegan)
      if (this.#read === batch.count) {
        this.#batches.shift()
        this.#read = 0
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
    let stride = 1
    let unclocked = 0
    if (this.#read === 0) this.#orders.begin(batch)
    while (this.#read < batch.count && now - sliceBegan < SLICE_MS) {
      this.#orders.next()
      this.#read++
      const { slot } = this.#orders
      if (!this.#ledger.start(slot)) continue
      this.#started++
      this.#greet(slot, this.#orders.text)
      if (++unclocked < stride) continue
      const before = now
      now = this.#port.now()
      stride = now - before < CHEAP_MS ? Math.min(stride * 2, LONGEST_STRIDE) : 1
      unclocked = 0
    }
    if (unclocked > 0) now = this.#port.now()
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
    if (result === null) this.#answers.mark(slot, ANSWER_MARKS.failed)
    else this.#answers.add(slot, result)
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
    if (this.#answers.count === 0 && this.#batchesConsumed === 0) return
    const { count, texts } = this.#answers.take()
    this.#port.post({
      kind: 'answers',
      count,
      texts,
      batchesConsumed: this.#batchesConsumed,
      started: this.#started,
      busyMs: this.#busyMs,
    })
    this.#batchesConsumed = 0
    this.#started = 0
    this.#busyMs = 0
  }
}

/** How long to work before others get a turn. */
const SLICE_MS = 1

/**
 * To look at the clock costs as much as a cheap greeting does. So while greetings together take less than CHEAP_MS, up to
 * LONGEST_STRIDE are made between two looks.
 */
const LONGEST_STRIDE = 8
const CHEAP_MS = 0.02
