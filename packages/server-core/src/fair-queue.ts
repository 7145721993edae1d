/**
 * The requests that wait for a thread. They leave in turn, one of each requester, so that a full window of one does not
 * delay the others; those of one requester keep their order.
 *
 * Requests that come back from a thread unstarted go before all others, in the order in which they come.
 */

import type { Requester } from './engine.ts'
import { Link, LinkedList } from './linked-list.ts'
import type { PoolRequest } from './pool-request.ts'

/** A bounded queue with a lane for each requester. */
export class FairQueue {
  readonly #lanes = new Map<Requester, Lane>()
  /** The lanes that hold something, the next to be served first. */
  readonly #turns = new LinkedList<Lane>()
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
    let lane = this.#lanes.get(request.requester)
    if (!lane) {
      lane = new Lane(request.requester)
      this.#lanes.set(request.requester, lane)
      this.#turns.pushLast(lane)
    }
    lane.requests.pushLast(request)
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
      const lane = this.#returned.first ? undefined : this.#turns.first
      const list = lane?.requests ?? this.#returned
      const end = Math.min(count, taken.length + turn)
      while (list.first && taken.length < end) {
        taken.push(list.first)
        this.remove(list.first)
      }
      if (!lane) {
        if (this.#length === 0) break
      } else if (lane.list) {
        this.#turns.remove(lane)
        this.#turns.pushLast(lane)
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
    if (list === this.#returned || list.length > 0) return
    const lane = this.#lanes.get(request.requester) as Lane
    this.#turns.remove(lane)
    this.#lanes.delete(request.requester)
  }

  #count(request: PoolRequest, sign: 1 | -1): void {
    this.#length += sign
    this.#bytes += sign * request.bytes
  }
}

class Lane extends Link<Lane> {
  readonly requester: Requester
  readonly requests = new LinkedList<PoolRequest>()

  constructor(requester: Requester) {
    super()
    this.requester = requester
  }
}
