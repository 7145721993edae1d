/** How long a greeting takes, as the threads report it, and how many to hand over at once because of that. */

/** The most requests in a batch. */
export const MAX_BATCH = 1_024

/** A batch of more work than this is not worth it: the way to the thread costs a twentieth of it. */
const BATCH_MS = 1

/** From this time per greeting on, a thread gets the next batch only when it is through with the last. */
const SLOW_MS = 4

/** Work below this stays together even if another thread is free: a message costs as much. */
const SPLIT_MS = 0.05

/** Work below this is not worth moving to another thread. */
const MOVE_MS = 0.5

/** A clock too coarse to see a greeting must not make it look free. */
const SHORTEST_MS = 0.0001

/** How much the newest report counts. */
const WEIGHT = 0.25

/** The time per greeting as a moving average. */
export class GreetingPace {
  #meanMs: number | undefined

  /** The time of one greeting in milliseconds, or undefined before the first report. */
  get meanMs(): number | undefined {
    return this.#meanMs
  }

  /** Takes in that `started` greeters were called in `busyMs`. */
  note(started: number, busyMs: number): void {
    if (started === 0) return
    const meanMs = Math.max(busyMs / started, SHORTEST_MS)
    this.#meanMs = this.#meanMs === undefined ? meanMs : this.#meanMs + (meanMs - this.#meanMs) * WEIGHT
  }

  /** How many requests fill a batch. */
  get batchLimit(): number {
    if (this.#meanMs === undefined) return 1
    return Math.max(1, Math.min(MAX_BATCH, Math.floor(BATCH_MS / this.#meanMs)))
  }

  /** How many requests are not to be divided between threads. */
  get smallestShare(): number {
    return this.#meanMs === undefined ? 1 : Math.floor(SPLIT_MS / this.#meanMs)
  }

  /** How many requests of one requester may go before the next has its turn: few enough that nobody notices the wait. */
  get turn(): number {
    return Math.max(1, this.smallestShare)
  }

  /** How many batches a thread may have out. */
  get batchesOut(): number {
    return this.#meanMs === undefined || this.#meanMs > SLOW_MS ? 1 : 2
  }

  /** Whether `count` requests that wait behind a busy thread are worth giving to an idle one. */
  isWorthMoving(count: number): boolean {
    return this.#meanMs === undefined || count * this.#meanMs >= MOVE_MS
  }
}
