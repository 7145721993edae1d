/** Repeatable randomness: the same seed, case and variant always give the same numbers. */

export class Random {
  #state: number

  constructor(seed: number, ...names: readonly string[]) {
    this.#state = names.reduce((hash, name) => fold(hash, name), (seed ^ 0x9e37_79b9) >>> 0)
  }

  /** A number from 0 to 2^32 - 1. */
  uint32(): number {
    this.#state = (this.#state + 0x6d2b_79f5) >>> 0
    let mixed = this.#state
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return (mixed ^ (mixed >>> 14)) >>> 0
  }

  /** A whole number from `from` to `to`, both included. */
  between(from: number, to: number): number {
    return from + (this.uint32() % (to - from + 1))
  }

  bytes(count: number): Buffer {
    const bytes = Buffer.alloc(count)
    for (let index = 0; index < count; index += 1) bytes[index] = this.uint32() & 0xff
    return bytes
  }

  pick<Item>(items: readonly Item[]): Item {
    return items[this.between(0, items.length - 1)]!
  }

  /** A copy in another order. */
  shuffled<Item>(items: readonly Item[]): Item[] {
    const copy = [...items]
    for (let index = copy.length - 1; index > 0; index -= 1) {
      const other = this.between(0, index)
      ;[copy[index], copy[other]] = [copy[other]!, copy[index]!]
    }
    return copy
  }
}

function fold(hash: number, text: string): number {
  let mixed = hash
  for (const character of text) mixed = Math.imul(mixed ^ character.codePointAt(0)!, 0x0100_0193) >>> 0
  return mixed
}
