/** When requests fell due that are not sent yet, the oldest first. It may grow long while a server stalls, so taking one costs the same. */

export class DueTimes {
  #times: number[] = []
  #head = 0

  get length(): number {
    return this.#times.length - this.#head
  }

  add(at: number): void {
    this.#times.push(at)
  }

  /** Takes the oldest; there must be one. */
  take(): number {
    const at = this.#times[this.#head++] as number
    // What was taken is let go of once it is half of the array.
    if (this.#head * 2 > this.#times.length) {
      this.#times = this.#times.slice(this.#head)
      this.#head = 0
    }
    return at
  }

  /** All that are left. */
  rest(): readonly number[] {
    return this.#times.slice(this.#head)
  }
}
