/**
 * Divides the requests of a pool over its threads.
 *
 * Requests wait here, not in the threads, which get small batches, sized by the time a greeting takes: cheap greetings travel in
 * large batches, expensive ones singly and in parallel. What a thread has not started can be taken back, for a cancel, for an
 * idle thread, or because a long greeting is in front of it.
 */

import { FairQueue } from './fair-queue.ts'
import { GreetingPace, MAX_BATCH } from './greeting-pace.ts'
import type { GreeterResult } from './guarded-greeter.ts'
import type { PoolRequest } from './pool-request.ts'
import { PoolThread } from './pool-thread.ts'
import type { SupervisedThread } from './supervised-thread.ts'
import type { AnswersReport } from './thread-messages.ts'

/** Queue, threads, and who gets what. */
export class PoolDispatcher {
  readonly #threads = new Map<SupervisedThread, PoolThread>()
  readonly #queue = new FairQueue()
  readonly #pace = new GreetingPace()

  /** How many requests wait for a thread. */
  get queuedRequests(): number {
    return this.#queue.length
  }

  /** What they take in memory. */
  get queuedBytes(): number {
    return this.#queue.bytes
  }

  /** The threads that take requests. */
  get threads(): Iterable<PoolThread> {
    return this.#threads.values()
  }

  /** How long until about half of the queue is done, in milliseconds. */
  get halfQueueMs(): number {
    return (this.#queue.length * (this.#pace.meanMs ?? 1)) / Math.max(1, this.#threads.size) / 2
  }

  /** Queues a request; `dispatch` hands it over. */
  push(request: PoolRequest): void {
    this.#queue.push(request)
  }

  /** Takes a request out of the queue, or back from its thread. False if its greeter was started. */
  withdraw(request: PoolRequest): boolean {
    if (request.holder) return request.holder.revoke(request)
    this.#queue.remove(request)
    return true
  }

  /** Takes a thread into use. */
  add(thread: SupervisedThread): void {
    this.#threads.set(thread, new PoolThread(thread))
  }

  /** Whether a thread has a greeter that still has time. `PoolThread.observe` must have been called for this moment. */
  mayBeStill(thread: SupervisedThread): boolean {
    return this.#threads.get(thread)?.mayBeStill === true
  }

  /** Gives up a thread that is lost; returns what it had started. The rest waits in front of all others. */
  lose(thread: SupervisedThread): readonly PoolRequest[] {
    const pooled = this.#threads.get(thread) as PoolThread
    this.#threads.delete(thread)
    const { unstarted, started } = pooled.lose()
    this.#queue.putBack(unstarted)
    return started
  }

  /** Gives up every thread. */
  clear(): void {
    this.#threads.clear()
  }

  /** Takes in what a thread got done; calls `answered` for each request that is answered. */
  receive(
    thread: SupervisedThread,
    report: AnswersReport,
    answered: (request: PoolRequest, result: GreeterResult) => void,
  ): void {
    this.#pace.note(report.started, report.busyMs)
    this.#threads.get(thread)?.receive(report, answered)
  }

  /** Takes back what waits behind a long greeting. `PoolThread.observe` must have been called for this moment. */
  relieve(now: number): void {
    for (const pooled of this.#threads.values()) {
      if (pooled.batchesOut === 0 || pooled.thread.stillMs < STUCK_MS || pooled.quietMs(now) < STUCK_MS) continue
      // It reports again when it is through with the batch, whether the rest of it was taken back or not.
      pooled.isStuck = true
      this.#queue.putBack(pooled.takeBack(Infinity))
    }
  }

  /** Hands over as much as the threads may have. */
  dispatch(): void {
    while (this.#queue.length > 0) {
      const open = [...this.#threads.values()].filter((each) => this.#mayHaveMore(each))
      const next = leastLoaded(open)
      if (!next) return
      const equals = open.filter(({ batchesOut }) => batchesOut === next.batchesOut)
      const share = Math.max(Math.ceil(this.#queue.length / equals.length), this.#pace.smallestShare)
      this.#hand(next, Math.min(share, this.#pace.batchLimit))
    }
    this.#moveWork()
  }

  #mayHaveMore(pooled: PoolThread): boolean {
    return !pooled.isStuck && pooled.room > 0 && pooled.batchesOut < this.#pace.batchesOut
  }

  #hand(pooled: PoolThread, limit: number): void {
    const count = Math.min(limit, this.#queue.length, pooled.room)
    const requests = this.#queue.take(count, this.#pace.turn)
    if (count > 0) pooled.send(requests)
  }

  /** Gives half of what waits behind a busy thread to one that has nothing, when nothing else waits. */
  #moveWork(): void {
    if (!this.#pace.isWorthMoving(2 * MAX_BATCH)) return
    for (const idle of this.#threads.values()) {
      if (idle.batchesOut > 0 || !this.#mayHaveMore(idle)) continue
      const busiest = this.#busiest()
      if (!busiest) return
      this.#queue.putBack(busiest.takeBack(Math.ceil(busiest.countUnstarted() / 2)))
      this.#hand(idle, MAX_BATCH)
    }
  }

  #busiest(): PoolThread | undefined {
    let busiest: PoolThread | undefined
    let most = 0
    for (const pooled of this.#threads.values()) {
      if (pooled.batchesOut === 0) continue
      const unstarted = pooled.countUnstarted()
      // One that has started nothing is not busy: the message is on its way.
      if (unstarted === pooled.heldCount || unstarted <= most || !this.#pace.isWorthMoving(unstarted)) continue
      most = unstarted
      busiest = pooled
    }
    return busiest
  }
}

function leastLoaded(threads: readonly PoolThread[]): PoolThread | undefined {
  let least: PoolThread | undefined
  for (const pooled of threads) {
    if (!least || load(pooled) < load(least)) least = pooled
  }
  return least
}

/** A batch that is out says more than requests that only wait for their promises. */
function load(pooled: PoolThread): number {
  return pooled.batchesOut * 1_000_000 + pooled.heldCount
}

/** After this time without a sign, what a thread has not started is given to others. */
const STUCK_MS = 20
