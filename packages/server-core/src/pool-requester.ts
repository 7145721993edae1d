/** One requester as the pool sees it: what it has in flight, and what of that waits for a thread. */

import type { Requester } from './engine.ts'
import { Link, LinkedList } from './linked-list.ts'
import type { PoolRequest } from './pool-request.ts'

/** A requester with at least one request in flight. It is in the list of those who have their turns while something waits. */
export class PoolRequester extends Link<PoolRequester> {
  /** Who asked. */
  readonly replyTo: Requester
  /** What waits in the queue, in order. */
  readonly waiting = new LinkedList<PoolRequest>()
  /** By increasing id: every open request, and some that were closed since. A Map for each id costs more (bench/NOTES.md). */
  #requests: PoolRequest[] = []
  #openCount = 0

  constructor(replyTo: Requester) {
    super()
    this.replyTo = replyTo
  }

  /** How many requests are open. */
  get openCount(): number {
    return this.#openCount
  }

  /** Notes a request; its id is above those before. */
  add(request: PoolRequest): void {
    this.#requests.push(request)
    this.#openCount++
  }

  /** Notes that nobody waits for the answer of a request any more. */
  close(request: PoolRequest): void {
    request.isOpen = false
    this.#openCount--
    if (this.#requests.length > this.#openCount * 2 + SPARE_REQUESTS) this.#requests = this.openRequests()
  }

  /** The open requests, in order. */
  openRequests(): PoolRequest[] {
    return this.#requests.filter(({ isOpen }) => isOpen)
  }

  /** The open request with this id. */
  find(id: number): PoolRequest | undefined {
    let from = 0
    let to = this.#requests.length
    while (from < to) {
      const middle = (from + to) >> 1
      if ((this.#requests[middle] as PoolRequest).id < id) from = middle + 1
      else to = middle
    }
    const found = this.#requests[from]
    return found?.id === id && found.isOpen ? found : undefined
  }
}

/** How many closed requests do not matter. */
const SPARE_REQUESTS = 16
