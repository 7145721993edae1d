/** How long to wait before a thread that failed is replaced: twice as long after each failure, up to a cap. */

/** The two ends of the wait, in milliseconds. */
export interface RestartDelays {
  /** The wait after the first failure. */
  readonly restartDelayMs: number
  /** The longest wait; a thread that works for as long is taken to be sound again. */
  readonly maxRestartDelayMs: number
}

/** The failures of one seat. */
export class RestartBackoff {
  readonly #delays: RestartDelays
  #failures = 0
  #readySince = Infinity

  constructor(delays: RestartDelays) {
    this.#delays = delays
  }

  /** Notes that the thread became ready. */
  ready(now: number): void {
    this.#readySince = now
  }

  /** Notes a failure and returns when to try again. */
  failed(now: number): number {
    const { restartDelayMs, maxRestartDelayMs } = this.#delays
    if (now - this.#readySince >= maxRestartDelayMs) this.#failures = 0
    this.#readySince = Infinity
    const delay = Math.min(restartDelayMs * 2 ** this.#failures, maxRestartDelayMs)
    this.#failures++
    return now + delay
  }
}
