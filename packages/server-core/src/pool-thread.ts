/** What one thread of the pool holds: which request lies in which slot, which batches are out, what can still be taken back. */

import { LEDGER_SLOTS, type ThreadLedger } from './thread-ledger.ts'
import type { GreeterResult } from './guarded-greeter.ts'
import type { PoolRequest, RequestHolder } from './pool-request.ts'
import type { SupervisedThread } from './supervised-thread.ts'
import { SlotReader, SlotWriter } from './packed-slots.ts'
import { ANSWER_MARKS, type AnswersReport } from './thread-messages.ts'

interface Batch {
  readonly slots: readonly number[]
  /** Slots taken back. The thread still comes across them, so they are free only when the batch is consumed. */
  readonly revoked: number[]
}

/** The requests of one thread. */
export class PoolThread implements RequestHolder {
  readonly thread: SupervisedThread
  readonly #ledger: ThreadLedger
  readonly #held: (PoolRequest | undefined)[] = []
  readonly #freeSlots = Array.from({ length: LEDGER_SLOTS }, (_, index) => LEDGER_SLOTS - 1 - index)
  readonly #batches: Batch[] = []
  readonly #orders: SlotWriter
  readonly #answers: SlotReader
  #heldCount = 0
  /** When it was last sent something or heard of; undefined until the next `observe`. */
  #quietSince: number | undefined
  /** Whether it is busy with one long greeting, so that nothing more is to wait behind it. */
  isStuck = false
  /** Whether a greeter was seen running that still has time: for so long the thread may show no life. */
  mayBeStill = false

  constructor(thread: SupervisedThread) {
    this.thread = thread
    this.#ledger = thread.ledger
    this.#orders = new SlotWriter(thread.ledger.orderedSlots)
    this.#answers = new SlotReader(thread.ledger.answeredSlots)
  }

  /** How many batches are out. */
  get batchesOut(): number {
    return this.#batches.length
  }

  /** How many requests it holds, started or not. */
  get heldCount(): number {
    return this.#heldCount
  }

  /** How many more requests it can hold. */
  get room(): number {
    return this.#freeSlots.length
  }

  /** Hands requests over; there must be room. */
  send(requests: readonly PoolRequest[]): void {
    const slots: number[] = []
    for (const request of requests) {
      const slot = this.#freeSlots.pop() as number
      this.#ledger.queue(slot)
      this.#held[slot] = request
      request.slot = slot
      request.holder = this
      slots.push(slot)
      this.#orders.add(slot, request.name)
    }
    this.#heldCount += requests.length
    this.#batches.push({ slots, revoked: [] })
    this.#quietSince = undefined
    const { count, texts } = this.#orders.take()
    this.thread.post({ kind: 'batch', count, texts })
  }

  /** Takes a request back. False if its greeter was started. */
  revoke(request: PoolRequest): boolean {
    const { slot } = request
    if (!this.#ledger.revoke(slot)) return false
    // A slot may be in an older batch too, from a request that was answered since: the newest is the one that holds it now.
    this.#batches.findLast((batch) => batch.slots.includes(slot))?.revoked.push(slot)
    this.#letGo(request)
    return true
  }

  /** Takes back up to `count` requests that are not started, the last ones; returns them in their order. */
  takeBack(count: number): PoolRequest[] {
    const taken: PoolRequest[] = []
    for (const { slots } of this.#batches.toReversed()) {
      for (const slot of slots.toReversed()) {
        if (taken.length === count) break
        const request = this.#held[slot]
        if (request && this.revoke(request)) taken.push(request)
      }
    }
    return taken.toReversed()
  }

  /** How many requests it has not started. */
  countUnstarted(): number {
    let count = 0
    for (const { slots } of this.#batches) for (const slot of slots) if (this.#ledger.isQueued(slot)) count++
    return count
  }

  /** Takes a report in; calls `answered` for each request in it. */
  receive(report: AnswersReport, answered: (request: PoolRequest, result: GreeterResult) => void): void {
    this.isStuck = false
    this.#quietSince = undefined
    const answers = this.#answers
    answers.begin(report)
    for (let left = report.count; left > 0; left--) {
      answers.next()
      const request = this.#release(answers.slot)
      if (!request || answers.mark === ANSWER_MARKS.forgotten) continue
      answered(request, answers.mark === ANSWER_MARKS.failed ? null : answers.text)
    }
    for (const { revoked } of this.#batches.splice(0, report.batchesConsumed)) {
      for (const slot of revoked) this.#release(slot)
    }
  }

  /**
   * Looks at the claims: calls `timedOut` for each request that was seen running `greeterTimeoutMs` ago. Returns whether one that timed
   * out still runs. At 0 none times out, and nothing but the heartbeat finds a greeter that hangs.
   */
  observe(now: number, greeterTimeoutMs: number, timedOut: (request: PoolRequest) => void): boolean {
    this.#quietSince ??= now
    this.mayBeStill = false
    if (this.#heldCount === 0 || greeterTimeoutMs === 0) return false
    const expired: number[] = []
    let overdue = false
    for (const request of this.#held) {
      if (!request) continue
      if (!this.#ledger.isRunning(request.slot)) continue
      if (request.isExpired) overdue = true
      else if (request.startedAt === Infinity) request.startedAt = now
      else if (now - request.startedAt >= greeterTimeoutMs) {
        request.isExpired = true
        overdue = true
        expired.push(request.slot)
        timedOut(request)
      }
      if (!request.isExpired) this.mayBeStill = true
    }
    if (expired.length > 0) this.thread.post({ kind: 'forget', slots: expired })
    return overdue
  }

  /** Since when nothing was sent to it or heard of it, in milliseconds. */
  quietMs(now: number): number {
    return this.#quietSince === undefined ? 0 : now - this.#quietSince
  }

  /** Gives everything up, because the thread is lost: what it had not started, in order, and what it had. */
  lose(): { unstarted: PoolRequest[]; started: PoolRequest[] } {
    const unstarted = this.takeBack(Infinity)
    const started = this.#held.filter((request) => request !== undefined)
    for (const request of started) this.#letGo(request)
    return { unstarted, started }
  }

  #release(slot: number): PoolRequest | undefined {
    const request = this.#held[slot]
    if (request) this.#letGo(request)
    this.#freeSlots.push(slot)
    return request
  }

  #letGo(request: PoolRequest): void {
    this.#held[request.slot] = undefined
    this.#heldCount--
    request.holder = undefined
  }
}
