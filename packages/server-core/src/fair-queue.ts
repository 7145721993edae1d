/**
 * The requests that wait for a thread. They leave in turn, one of each requester, so that a full window of one does not
 * delay the others; those of one requester keep their order.
 *
 * Requests that come back from a thread unstarted go before all others, in the order in which they come.
 */

import { LinkedList } from './linked-list.ts'
import type { PoolRequest, PoolRequester } from './pool-request.ts'

/** The queue. Each requester keeps what waits of its own. */
export class FairQueue {
  /** Those for whom something waits, the next to be served first. */
  readonly #turns = new LinkedList<PoolRequester>()
  /** What was put back, the next first; some of it may have been removed since. */
  #returned: PoolRequest[] = []
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

  /** Adds a request behind those of its requester, which must have it as its last. */
  push(request: PoolRequest): void {
    const { requester } = request
    if (requester.waitingCount === 0) this.#turns.pushLast(requester)
    requester.waitingCount++
    request.waits = 'in turn'
    this.#length++
    this.#bytes += request.bytes
  }

  /** Puts back requests that were taken and not started: they are the next, in the order given. */
  putBack(requests: readonly PoolRequest[]): void {
    this.#returned = [...requests, ...this.#returned.filter(({ waits }) => waits)]
    for (const request of requests) {
      request.waits = 'returned'
      this.#length++
      this.#bytes += request.bytes
    }
  }

  /** Takes up to `count` requests out, at most `turn` of one requester before the next has its turn. */
  take(count: number, turn: number): PoolRequest[] {
    const taken: PoolRequest[] = []
    if (this.#returned.length > 0) this.#takeReturned(count, taken)
    while (taken.length < count) {
      const requester = this.#turns.first
      if (!requester) break
      this.#turns.remove(requester)
      requester.takeWaiting(Math.min(turn, count - taken.length), taken)
      if (requester.waitingCount > 0) this.#turns.pushLast(requester)
    }
    for (const request of taken) {
      request.waits = undefined
      this.#bytes -= request.bytes
    }
    this.#length -= taken.length
    return taken
  }

  /** Takes a request out that is to be answered or dropped instead. Does nothing if it does not wait here. */
  remove(request: PoolRequest): void {
    const { requester, waits } = request
    if (!waits) return
    if (waits === 'in turn' && --requester.waitingCount === 0) this.#turns.remove(requester)
    request.waits = undefined
    this.#length--
    this.#bytes -= request.bytes
  }

  #takeReturned(count: number, into: PoolRequest[]): void {
    const waiting = this.#returned.filter(({ waits }) => waits)
    into.push(...waiting.slice(0, count))
    this.#returned = waiting.slice(count)
  }
}
