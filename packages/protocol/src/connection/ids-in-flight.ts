/**
 * The ids of the requests in flight on one connection. They come in increasing order and leave in about the same order, so that a
 * sorted array does what a Set does for less (bench/NOTES.md says what a request gains).
 */

/** A set of ids that takes only ever higher ones. @internal */
export class IdsInFlight {
  /** Increasing; an id that has left is negative. */
  #ids: number[] = []
  #size = 0
  /** Where the next id to leave probably lies. */
  #likely = 0

  /** How many there are. */
  get size(): number {
    return this.#size
  }

  /** Adds an id, which is above all that were added before. */
  add(id: number): void {
    this.#ids.push(id)
    this.#size++
  }

  has(id: number): boolean {
    return this.#ids[this.#find(id)] === id
  }

  /** Takes an id out. False if it is not there. */
  delete(id: number): boolean {
    const at = this.#ids[this.#likely] === id ? this.#likely : this.#find(id)
    if (this.#ids[at] !== id) return false
    this.#ids[at] = -id
    this.#likely = at + 1
    this.#size--
    if (this.#ids.length > this.#size * 2 + SPARE_IDS) this.#tidy()
    return true
  }

  clear(): void {
    this.#ids = []
    this.#size = 0
    this.#likely = 0
  }

  #find(id: number): number {
    let from = 0
    let to = this.#ids.length
    while (from < to) {
      const middle = (from + to) >> 1
      if (Math.abs(this.#ids[middle] as number) < id) from = middle + 1
      else to = middle
    }
    return from
  }

  #tidy(): void {
    this.#ids = this.#ids.filter((id) => id > 0)
    this.#likely = 0
  }
}

/** How many ids that have left do not matter. */
const SPARE_IDS = 16
