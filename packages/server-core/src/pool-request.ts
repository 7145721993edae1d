/** One request on its way through the pool. */

import type { PoolRequester } from './pool-requester.ts'

/** Bytes that a request takes beside its name, roughly. */
const RECORD_BYTES = 200

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
