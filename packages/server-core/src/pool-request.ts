/** One request on its way through the pool, and the requester it came from. Each knows the other, so they share a file. */

import type { Requester } from './engine.ts'
import { Link } from './linked-list.ts'

/** A thread that holds a request. */
export interface RequestHolder {
  /** Takes a request back. False if its greeter was started. */
  revoke(request: PoolRequest): boolean
}

/** A request from the moment it is taken until no thread holds it any more. */
export class PoolRequest {
  readonly requester: PoolRequester
  readonly id: number
  /** Empty once it is closed. */
  name: string
  /** Whether somebody still waits for the answer: not yet replied to, and not abandoned. */
  isOpen = true
  /** How it waits in the queue, if it does. */
  waits: 'in turn' | 'returned' | undefined
  /** The thread that holds it, if one does. */
  holder: RequestHolder | undefined
  /** The slot it has in the ledger of the thread that holds it. */
  slot = -1
  /** When its greeter was first seen running; Infinity before. */
  startedAt = Infinity
  /** Whether its greeter timer ended. */
  isExpired = false

  constructor(requester: PoolRequester, id: number, name: string) {
    this.requester = requester
    this.id = id
    this.name = name
  }

  /** What it takes in memory, in bytes. */
  get bytes(): number {
    return RECORD_BYTES + this.name.length * 2
  }
}

/** A requester with at least one request in flight. It is in the list of those who have their turns while something waits. */
export class PoolRequester extends Link<PoolRequester> {
  /** Who asked. */
  readonly replyTo: Requester
  /** How many requests wait for their turn; the queue counts them. */
  waitingCount = 0
  /**
   * By increasing id: every open request, and some that were closed since. A Map by id, and a list of what waits, cost more
   * (bench/NOTES.md).
   */
  #requests: PoolRequest[] = []
  #openCount = 0
  /** From here on in `#requests` lies what waits for its turn, beside what was withdrawn. */
  #firstWaiting = 0

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
    // The record may stay for a while; the name, which may be long, does not.
    request.name = ''
    this.#openCount--
    if (this.#requests.length > this.#openCount * 2 + SPARE_REQUESTS) this.#tidy()
  }

  /** Takes up to `count` of what waits for its turn, the first ones. */
  takeWaiting(count: number, into: PoolRequest[]): void {
    for (let left = Math.min(count, this.waitingCount); left > 0;) {
      const request = this.#requests[this.#firstWaiting++] as PoolRequest
      if (request.waits !== 'in turn') continue
      into.push(request)
      this.waitingCount--
      left--
    }
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

  #tidy(): void {
    const before = this.#requests.slice(0, this.#firstWaiting)
    this.#firstWaiting = before.filter(({ isOpen }) => isOpen).length
    this.#requests = this.openRequests()
  }
}

/** Bytes that a request takes beside its name, roughly. */
const RECORD_BYTES = 200

/** How many closed requests do not matter. */
const SPARE_REQUESTS = 16
