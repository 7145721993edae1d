/** One request on its way through the pool. */

import { Link } from './linked-list.ts'
import type { PoolRequester } from './pool-requester.ts'

/** Bytes that a request takes beside its name, roughly. */
const RECORD_BYTES = 200

/** A thread that holds a request. */
export interface RequestHolder {
  /** Takes a request back. False if its greeter was started. */
  revoke(request: PoolRequest): boolean
}

/** A request from the moment it is taken until no thread holds it any more. */
export class PoolRequest extends Link<PoolRequest> {
  readonly requester: PoolRequester
  readonly id: number
  readonly name: string
  /** Whether somebody still waits for the answer: not yet replied to, and not abandoned. */
  isOpen = true
  /** The thread that holds it, if one does. */
  holder: RequestHolder | undefined
  /** The slot it has in the ledger of the thread that holds it. */
  slot = -1
  /** When its greeter was first seen running; Infinity before. */
  startedAt = Infinity
  /** Whether its greeter timer ended. */
  isExpired = false

  constructor(requester: PoolRequester, id: number, name: string) {
    super()
    this.requester = requester
    this.id = id
    this.name = name
  }

  /** What it takes in memory, in bytes. */
  get bytes(): number {
    return RECORD_BYTES + this.name.length * 2
  }
}
