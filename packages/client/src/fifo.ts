/** A queue that takes from its front in constant time. */

/** @internal */
export class Fifo<Item> {
  #items: (Item | undefined)[] = []
  #head = 0

  push(item: Item): void {
    this.#items.push(item)
  }

  /** The item at the front, or undefined. */
  peek(): Item | undefined {
    return this.#items[this.#head]
  }

  shift(): Item | undefined {
    if (this.#head === this.#items.length) return undefined
    const item = this.#items[this.#head]
    this.#items[this.#head] = undefined
    this.#head++
    if (this.#head === this.#items.length) {
      this.#items = []
      this.#head = 0
    } else if (this.#head > 1_024 && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head)
      this.#head = 0
    }
    return item
  }
}
