/**
 * Slots with a text each on their way from one side of a thread to the other.
 *
 * Slots and lengths lie in shared memory, and the texts travel as one string in a message that says how many there are. An array of
 * slots and one of texts would say the same and cost more than a cheap greeting (bench/NOTES.md).
 */

/** What a message holds: how many slots to read from the shared memory, and their texts one behind the other. */
export interface PackedSlots {
  readonly count: number
  readonly texts: string
}

/**
 * How many slots fit in the memory. A writer does not see whether the reader is through with the oldest. It need not: a thread holds no
 * more requests than this, each is answered once, and of the two batches that may be out none is larger than MAX_BATCH.
 */
export const MAX_PACKED_SLOTS = 4_096

const WORDS_PER_SLOT = 2

/** The shared memory that they need. */
export const PACKED_SLOTS_BYTES = MAX_PACKED_SLOTS * WORDS_PER_SLOT * Int32Array.BYTES_PER_ELEMENT

/** The side that sends. */
export class SlotWriter {
  readonly #words: Int32Array
  #at = 0
  #count = 0
  #texts = ''

  constructor(words: Int32Array) {
    this.#words = words
  }

  /** How many slots `take` would give. */
  get count(): number {
    return this.#count
  }

  /** Adds a slot with a text. */
  add(slot: number, text: string): void {
    this.#put(slot, text.length)
    this.#texts += text
  }

  /** Adds a slot with a negative number in the place of a text. */
  mark(slot: number, mark: number): void {
    this.#put(slot, mark)
  }

  /** Takes what was added since the last call, to be posted. */
  take(): PackedSlots {
    const taken = { count: this.#count, texts: this.#texts }
    this.#count = 0
    this.#texts = ''
    return taken
  }

  #put(slot: number, length: number): void {
    this.#words[this.#at] = slot
    this.#words[this.#at + 1] = length
    this.#at = (this.#at + WORDS_PER_SLOT) % this.#words.length
    this.#count++
  }
}

/** The side that receives. It is to read everything that is sent, in the order in which it comes. */
export class SlotReader {
  readonly #words: Int32Array
  #at = 0
  #texts = ''
  #textBegin = 0
  #textEnd = 0
  /** The slot that was read last. */
  slot = 0
  /** Its mark, or the length of its text. */
  mark = 0

  constructor(words: Int32Array) {
    this.#words = words
  }

  /** Begins with what the next message holds. */
  begin({ texts }: PackedSlots): void {
    this.#texts = texts
    this.#textEnd = 0
  }

  /** Reads the next slot; the message must hold another. */
  next(): void {
    this.slot = this.#words[this.#at] as number
    this.mark = this.#words[this.#at + 1] as number
    this.#at = (this.#at + WORDS_PER_SLOT) % this.#words.length
    this.#textBegin = this.#textEnd
    if (this.mark > 0) this.#textEnd += this.mark
  }

  /** The text of the slot. */
  get text(): string {
    const text = this.#texts.slice(this.#textBegin, this.#textEnd)
    // In both runtimes a part of a string keeps all of it in memory, unless it is short. Whoever keeps this one keeps no others.
    return text.length > LONGEST_COPIED_PART && text.length < this.#texts.length ? ` ${text}`.slice(1) : text
  }
}

/** Parts up to this length are copies in both runtimes. */
const LONGEST_COPIED_PART = 8
