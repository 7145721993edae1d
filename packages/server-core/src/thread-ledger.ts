/**
 * What a thread and its owner share in memory: a heartbeat, one claim slot for each request handed over, and counts.
 *
 * A request that is not started has two who may want it: the thread, to start it, and its owner, to take it back. Whoever
 * changes its slot from `queued` first has it, so that a request is never both run and given to another thread. It is known at
 * any time, also after a crash, which requests were started.
 *
 * Only that race needs an atomic operation. Every other word has one writer at a time and is read much later; the messages between
 * the two put such writes in order. On Node an atomic store costs more than all else here (bench/NOTES.md).
 */

import { MAX_PACKED_SLOTS, PACKED_SLOTS_BYTES } from './packed-slots.ts'

/** The state of a claim slot. */
const CLAIM = { queued: 1, started: 2, revoked: 3, finished: 4 } as const

/** How many claim slots a ledger has: the most requests that one thread can hold. */
export const LEDGER_SLOTS = MAX_PACKED_SLOTS

/** One thread's shared memory, seen from either side. */
export class ThreadLedger {
  readonly memory: SharedArrayBuffer
  /** Where the slots handed over lie; see PackedSlots. */
  readonly orderedSlots: Int32Array
  /** Where the slots answered lie. */
  readonly answeredSlots: Int32Array
  readonly #words: Int32Array
  /** Written by the thread only, so that plain additions are enough; 64 bits, because 32 would wrap within an hour. */
  readonly #counts: Float64Array

  constructor(memory: SharedArrayBuffer = new SharedArrayBuffer(LEDGER_BYTES)) {
    this.memory = memory
    this.#counts = new Float64Array(memory, 0, COUNTS)
    this.#words = new Int32Array(memory, WORDS_AT, FIRST_SLOT + LEDGER_SLOTS)
    this.orderedSlots = new Int32Array(memory, ORDERED_AT, PACKED_WORDS)
    this.answeredSlots = new Int32Array(memory, ANSWERED_AT, PACKED_WORDS)
  }

  /** Shows that the thread is alive. The thread calls it from a timer; it also beats when it starts a request. */
  beat(): void {
    this.#words[BEAT]! += 1
  }

  /** The heartbeat: any change means that the thread is alive. */
  get beats(): number {
    return Atomics.load(this.#words, BEAT)
  }

  /** Owner: marks a slot that the thread is through with as handed over. */
  queue(slot: number): void {
    this.#words[FIRST_SLOT + slot] = CLAIM.queued
  }

  /** Thread: claims a request just before it calls the greeter. False if it was taken back. */
  start(slot: number): boolean {
    this.beat()
    return this.#claim(slot, CLAIM.started)
  }

  /** Thread: notes that the greeter let go. The answer may have to wait for the end of a slice; the greeter timer is off. */
  finish(slot: number): void {
    this.#words[FIRST_SLOT + slot] = CLAIM.finished
  }

  /** Owner: takes a request back. False if it was started. */
  revoke(slot: number): boolean {
    return this.#claim(slot, CLAIM.revoked)
  }

  /** Whether the request in a slot waits to be started. */
  isQueued(slot: number): boolean {
    return Atomics.load(this.#words, FIRST_SLOT + slot) === CLAIM.queued
  }

  /** Whether the greeter of the request in a slot runs. */
  isRunning(slot: number): boolean {
    return Atomics.load(this.#words, FIRST_SLOT + slot) === CLAIM.started
  }

  /** How many greetings the thread made. */
  get greetedCount(): number {
    return this.#counts[GREETED] as number
  }

  /** How many times its greeter failed. */
  get failedCount(): number {
    return this.#counts[FAILED] as number
  }

  /** Thread: counts greetings. */
  greeted(count: number): void {
    this.#counts[GREETED]! += count
  }

  /** Thread: counts a failure of the greeter. */
  failed(): void {
    this.#counts[FAILED]! += 1
  }

  #claim(slot: number, state: number): boolean {
    return Atomics.compareExchange(this.#words, FIRST_SLOT + slot, CLAIM.queued, state) === CLAIM.queued
  }
}

const GREETED = 0
const FAILED = 1
const COUNTS = 2

const BEAT = 0
/** The heartbeat has a cache line to itself: both sides touch the slots all the time. */
const FIRST_SLOT = 16

const WORDS_AT = COUNTS * Float64Array.BYTES_PER_ELEMENT
const ORDERED_AT = WORDS_AT + (FIRST_SLOT + LEDGER_SLOTS) * Int32Array.BYTES_PER_ELEMENT
const ANSWERED_AT = ORDERED_AT + PACKED_SLOTS_BYTES
const LEDGER_BYTES = ANSWERED_AT + PACKED_SLOTS_BYTES
const PACKED_WORDS = PACKED_SLOTS_BYTES / Int32Array.BYTES_PER_ELEMENT
