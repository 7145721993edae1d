/** A list whose items hold their own links, so that an item leaves from anywhere in constant time and without a search. */

/** What an item extends. It is in one list at most. */
export abstract class Link<Item extends Link<Item>> {
  /** The list it is in. @internal */
  list: LinkedList<Item> | undefined
  /** @internal */
  previous: Item | undefined
  /** @internal */
  next: Item | undefined
}

/** A doubly linked list. */
export class LinkedList<Item extends Link<Item>> {
  first: Item | undefined
  last: Item | undefined
  length = 0

  /** Adds an item, which is in no list, behind all others. */
  pushLast(item: Item): void {
    item.list = this
    item.previous = this.last
    if (this.last) this.last.next = item
    else this.first = item
    this.last = item
    this.length++
  }

  /** Adds an item, which is in no list, before all others. */
  pushFirst(item: Item): void {
    item.list = this
    item.next = this.first
    if (this.first) this.first.previous = item
    else this.last = item
    this.first = item
    this.length++
  }

  /** Takes an item of this list out. */
  remove(item: Item): void {
    if (item.previous) item.previous.next = item.next
    else this.first = item.next
    if (item.next) item.next.previous = item.previous
    else this.last = item.previous
    item.list = undefined
    item.previous = undefined
    item.next = undefined
    this.length--
  }
}
