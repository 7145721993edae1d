/**
 * Lets requests fall due at even distances.
 *
 * A timer is late by up to a millisecond or two, which would be part of every latency; so it is used for far gaps only, and the rest
 * of each gap is spent going round the event loop.
 */

import { LatencyHistogram } from './latency-histogram.ts'
import { threadCpuMs } from './thread-use.ts'

/** How long before a request falls due the timer is to wake us. */
const TIMER_LEAD_MS = 2

/** Whom a pace drives. */
export interface Paced {
  /** One more request falls due at `at`. */
  fallDue(at: number): void
  /** How much ever came back: a turn of the event loop in which this grows was not idle. */
  answers(): number
}

/** The pace of a load; it begins at once. */
export class Pace {
  /** How late each request fell due: what the load itself adds to its latency. */
  readonly lateness: LatencyHistogram = new LatencyHistogram()
  /** Milliseconds of CPU that were spent going round for nothing. */
  idleCpuMs = 0
  readonly #intervalMs: number
  readonly #paced: Paced
  readonly #beganAt = performance.now()
  #fallen = 0
  #turnedCpuMs = 0
  #answers = 0
  #timer: NodeJS.Timeout | undefined
  #immediate: NodeJS.Immediate | undefined

  constructor(perSecond: number, paced: Paced) {
    this.#intervalMs = 1_000 / perSecond
    this.#paced = paced
    this.#turn()
  }

  /** Lets fall due what is, and then nothing more. */
  stop(): void {
    this.#fallDue()
    clearTimeout(this.#timer)
    clearImmediate(this.#immediate)
  }

  #turn(): void {
    const answers = this.#paced.answers()
    if (this.#immediate && answers === this.#answers) this.idleCpuMs += threadCpuMs() - this.#turnedCpuMs
    this.#fallDue()
    this.#answers = answers
    const sleepMs = this.#nextAt - performance.now() - TIMER_LEAD_MS
    this.#immediate = sleepMs < 1 ? setImmediate(() => this.#turn()) : undefined
    if (!this.#immediate) this.#timer = setTimeout(() => this.#turn(), sleepMs)
    this.#turnedCpuMs = threadCpuMs()
  }

  #fallDue(): void {
    const now = performance.now()
    for (; this.#nextAt <= now; this.#fallen++) {
      this.lateness.record(now - this.#nextAt)
      this.#paced.fallDue(this.#nextAt)
    }
  }

  /** Counted from the beginning, so that no error adds up. */
  get #nextAt(): number {
    return this.#beganAt + this.#fallen * this.#intervalMs
  }
}
