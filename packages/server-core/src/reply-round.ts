/** A round of replies: each requester goes on once, after all of its answers are there. */

import type { Answer } from '@greetwire/protocol'
import type { Requester } from './engine.ts'

/** One round. */
export class ReplyRound {
  #requesters: Set<Requester> | undefined
  /** Replied to last, and in the set: answers of one requester come in a row. */
  #latest: Requester | undefined

  /** Brings an answer. */
  reply(requester: Requester, id: number, answer: Answer): void {
    requester.reply(id, answer)
    if (requester === this.#latest) return
    this.#latest = requester
    this.#requesters ??= new Set()
    this.#requesters.add(requester)
  }

  /** Lets every requester that was replied to go on, and begins the next round. */
  end(): void {
    const requesters = this.#requesters
    this.#requesters = undefined
    this.#latest = undefined
    for (const requester of requesters ?? []) requester.proceed()
  }
}
