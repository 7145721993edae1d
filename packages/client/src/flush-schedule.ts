/** Decides when a session sends what was submitted: it trades the time of a lone request against the number of writes. */

/** @internal */
export class FlushSchedule {
  readonly #flush: () => void
  #scheduled = false

  constructor(flush: () => void) {
    this.#flush = flush
  }

  /** A lone request goes out at the end of this turn's code; while others are in flight, one write takes a turn's requests. */
  request(inFlight: number): void {
    if (this.#scheduled) return
    this.#scheduled = true
    if (inFlight <= 1) queueMicrotask(this.#run)
    else setImmediate(this.#run)
  }

  readonly #run = (): void => {
    this.#scheduled = false
    this.#flush()
  }
}
