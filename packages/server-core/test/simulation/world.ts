/**
 * A clock and the events that are to come. Nothing happens but by an event, so a history repeats from its seed.
 *
 * A greeter that blocks its thread runs the world itself until its time is over: everything but that thread goes on.
 */
export class World {
  now = 0
  /** Events after this time do not happen. */
  readonly end: number
  /** A binary heap by time, then by age. */
  readonly #events: { at: number; serial: number; run: () => void }[] = []
  #serial = 0
  #promisesMoved = false

  constructor(end: number) {
    this.end = end
  }

  after(delayMs: number, run: () => void): void {
    const event = { at: this.now + delayMs, serial: this.#serial++, run }
    const events = this.#events
    let index = events.push(event) - 1
    while (index > 0) {
      const parent = (index - 1) >> 1
      if (!isBefore(event, events[parent]!)) break
      events[index] = events[parent]!
      index = parent
    }
    events[index] = event
  }

  /** Notes that a promise was settled or awaited, so that what depends on it happens before the next event. */
  promiseMoved(): void {
    this.#promisesMoved = true
  }

  /** Runs everything until the end. */
  async run(): Promise<void> {
    do {
      if (this.#promisesMoved) {
        this.#promisesMoved = false
        // The longest chain of promises that depend on one another is shorter than this.
        for (let turn = 0; turn < 12; turn++) await Promise.resolve()
      }
    } while (this.#runNext(this.end))
    this.now = this.end
  }

  /** Lets time pass inside an event, until `ms` are over or `isOver` says so. */
  block(ms: number, isOver: () => boolean): void {
    const until = Math.min(this.now + ms, this.end)
    while (!isOver() && this.#runNext(until));
    if (!isOver()) this.now = Math.max(this.now, until)
  }

  #runNext(until: number): boolean {
    const events = this.#events
    const next = events[0]
    if (!next || next.at > until) return false
    const last = events.pop()!
    if (events.length > 0) this.#sink(last)
    this.now = Math.max(this.now, next.at)
    next.run()
    return true
  }

  /** Puts an event in at the top and lets it sink to its place. */
  #sink(event: { at: number; serial: number; run: () => void }): void {
    const events = this.#events
    let index = 0
    for (;;) {
      let child = index * 2 + 1
      if (child >= events.length) break
      if (child + 1 < events.length && isBefore(events[child + 1]!, events[child]!)) child++
      if (!isBefore(events[child]!, event)) break
      events[index] = events[child]!
      index = child
    }
    events[index] = event
  }
}

function isBefore(a: { at: number; serial: number }, b: { at: number; serial: number }): boolean {
  return a.at < b.at || (a.at === b.at && a.serial < b.serial)
}
