/**
 * The requests that wait for a thread. They leave in turn, one of each requester, so that a full window of one does not
 * delay the others; those of one requester keep their order.
 *
 * Requests that come back from a thread unstarted go before all others, in the order in which they come.
 */

import { LinkedList } from './linked-list.ts'
import type { PoolRequest } from './pool-request.ts'
import type { PoolRequester } from './pool-requester.ts'

/** The queue, in a list for each requester. */
export class FairQueue {
  /** Those for whom something waits, the next to be served first. */
  readonly #turns = new LinkedList<PoolRequester>()
  readonly #returned = new LinkedList<PoolRequest>()
  #length = 0
  #bytes = 0

  /** How many requests wait. */
  get length(): number {
    return this.#length
  }

  /** What their names take in memory. */
  get bytes(): number {
    return this.#bytes
  }

  /** Adds a request behind those of its requester. */
  push(request: PoolRequest): void {
    const { requester } = request
    if (requester.waiting.length === 0) this.#turns.pushLast(requester)
    requester.waiting.pushLast(request)
    this.#count(request, 1)
  }

  /** Puts back requests that were taken and not started: they are the next, in the order given. */
  putBack(requests: readonly PoolRequest[]): void {
    for (const request of requests.toReversed()) {
      this.#returned.pushFirst(request)
      this.#count(request, 1)
    }
  }

  /** Takes up to `count` requests out, at most `turn` of one requester before the next has its turn. */
  take(count: number, turn: number): PoolRequest[] {
    const taken: PoolRequest[] = []
    while (taken.length < count) {
      const requester = this.#returned.first ? undefined : this.#turns.first
      const list = requester?.waiting ?? this.#returned
      const end = Math.min(count, taken.length + turn)
      while (list.first && taken.length < end) {
        taken.push(list.first)
        this.remove(list.first)
      }
      if (!requester) {
        if (this.#length === 0) break
      } else if (requester.list) {
        this.#turns.remove(requester)
        this.#turns.pushLast(requester)
      }
    }
    return taken
  }

  /** Takes a request out that is to be answered or dropped instead. Does nothing if it does not wait here. */
  remove(request: PoolRequest): void {
    const { list } = request
    if (!list) return
    list.remove(request)
    this.#count(request, -1)
    if (list !== this.#returned && list.length === 0) this.#turns.remove(request.requester)
  }

  #count(request: PoolRequest, sign: 1 | -1): void {
    this.#length += sign
    this.#bytes += sign * request.bytes
  }
}
