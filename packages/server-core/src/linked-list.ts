/** A list whose items hold their own links, so that an item leaves from anywhere in constant time and without a search. */

/** What an item extends. It is in one list at most. */
export abstract class Link<Item extends Link<Item>> {
  /** @internal */
  previous: Item | undefined
  /** @internal */
  next: Item | undefined
}

/** A doubly linked list. */
export class LinkedList<Item extends Link<Item>> {
  first: Item | undefined
  #last: Item | undefined

  /** Adds an item, which is in no list, behind all others. */
  pushLast(item: Item): void {
    item.previous = this.#last
    if (this.#last) this.#last.next = item
    else this.first = item
    this.#last = item
  }

  /** Takes an item of this list out. */
  remove(item: Item): void {
    if (item.previous) item.previous.next = item.next
    else this.first = item.next
    if (item.next) item.next.previous = item.previous
    else this.#last = item.previous
    item.previous = undefined
    item.next = undefined
  }
}
