/** One timer for many deadlines: it is set to the earliest one told, and whoever owns it looks for what is due. */

/** @internal */
export class WakeTimer {
  readonly #wake: () => void
  #timer: ReturnType<typeof setTimeout> | undefined
  #at = Infinity
  #keepAlive = false

  constructor(wake: () => void) {
    this.#wake = wake
  }

  /** Has `wake` called at `time`, on the clock of `performance.now`, or before; never before the earliest time told. */
  by(time: number): void {
    if (time >= this.#at) return
    clearTimeout(this.#timer)
    this.#at = time
    const delayMs = Math.min(Math.max(0, Math.ceil(time - performance.now())), 2_147_483_647)
    this.#timer = setTimeout(() => {
      this.#at = Infinity
      this.#wake()
    }, delayMs)
    if (!this.#keepAlive) this.#timer.unref()
  }

  /** Whether the timer keeps the process alive. */
  keepAlive(alive: boolean): void {
    this.#keepAlive = alive
    if (alive) this.#timer?.ref()
    else this.#timer?.unref()
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#at = Infinity
  }
}
