/**
 * The engine of the pool model: greets by threads that do nothing else.
 *
 * Requests wait here, not in the threads: a queue that is bounded and fair, from which a thread gets small batches, sized by the
 * time a greeting takes. So cheap greetings travel in large batches, and expensive ones singly and in parallel. What a thread
 * has not started can be cancelled or given to another; what it has started is lost with it, and nothing else is.
 */

import type { Answer } from '@greetwire/protocol'
import type { Engine, Requester } from './engine.ts'
import { FairQueue } from './fair-queue.ts'
import { GreetingPace, MAX_BATCH } from './greeting-pace.ts'
import { PoolRequest } from './pool-request.ts'
import { PoolThread } from './pool-thread.ts'
import { ReplyRound } from './reply-round.ts'
import type { SupervisedThread } from './supervised-thread.ts'
import { type SupervisorOptions, type ThreadListener, type ThreadLoss, ThreadSupervisor } from './thread-supervisor.ts'
import type { ThreadReport } from './thread-messages.ts'

/** What a thread engine needs. */
export interface ThreadEngineOptions extends Omit<SupervisorOptions, 'model'> {
  /** How long a greeter may run, from its start, in milliseconds; 0 is for ever. */
  readonly greeterTimeoutMs: number
  /** How many requests may wait for a thread; the next is answered OVERLOADED. */
  readonly maxQueuedRequests: number
  /** What they may take in memory, in bytes. */
  readonly maxQueuedBytes: number
  /** Runs something when the current turn is over, so that the names of one chunk make one batch: `queueMicrotask`. */
  defer(run: () => void): void
  readonly onThreadReady?: (index: number) => void
  readonly onThreadLost?: (index: number, loss: ThreadLoss) => void
}

/** Greets by threads. */
export class ThreadEngine implements Engine, ThreadListener {
  readonly #options: ThreadEngineOptions
  readonly #supervisor: ThreadSupervisor
  readonly #threads = new Map<SupervisedThread, PoolThread>()
  readonly #queue = new FairQueue()
  readonly #pace = new GreetingPace()
  /** The requests that wait for an answer. */
  readonly #open = new Map<Requester, Map<number, PoolRequest>>()
  #dispatchDeferred = false

  constructor(options: ThreadEngineOptions) {
    this.#options = options
    this.#supervisor = new ThreadSupervisor({ ...options, model: 'pool' }, this)
  }

  /** How many requests wait for a thread. */
  get queuedRequests(): number {
    return this.#queue.length
  }

  /** The threads that work. */
  get readyThreads(): ReadonlySet<SupervisedThread> {
    return this.#supervisor.ready
  }

  /** Starts the threads; see ThreadSupervisor.start. */
  start(now: number): Promise<void> {
    return this.#supervisor.start(now)
  }

  /** Ends the threads. Requests without an answer get THREAD_LOST. */
  async stop(): Promise<void> {
    const stopped = this.#supervisor.stop()
    const round = new ReplyRound()
    this.#threads.clear()
    for (const requests of this.#open.values()) {
      for (const request of requests.values()) this.#answer(request, THREAD_LOST, round)
    }
    round.end()
    await stopped
  }

  greet(requester: Requester, id: number, name: string): Answer | undefined {
    const request = new PoolRequest(requester, id, name)
    if (this.#isFull(request)) {
      // What was not handed over yet, because the turn is not over, must not make the queue look full.
      this.#dispatch()
      if (this.#isFull(request)) return { code: 'OVERLOADED', detail: this.#waitMs }
    }
    let requests = this.#open.get(requester)
    if (!requests) this.#open.set(requester, (requests = new Map()))
    requests.set(id, request)
    this.#queue.push(request)
    this.#deferDispatch()
    return undefined
  }

  cancel(requester: Requester, id: number): Answer | undefined {
    const request = this.#open.get(requester)?.get(id)
    if (!request || !this.#withdraw(request)) return undefined
    this.#close(request)
    return CANCELLED
  }

  abandon(requester: Requester): void {
    for (const request of this.#open.get(requester)?.values() ?? []) {
      this.#withdraw(request)
      request.isOpen = false
    }
    this.#open.delete(requester)
  }

  /** Acts on every greeter timer that is due, and on the heartbeats. To be called a few times in `heartbeatMs`. */
  tick(now: number): void {
    this.#supervisor.tick(now)
    const { greeterTimeoutMs, heartbeatMs } = this.#options
    const round = new ReplyRound()
    for (const pooled of this.#threads.values()) {
      const { thread } = pooled
      const overdue = pooled.observe(now, greeterTimeoutMs, (request) => this.#answer(request, GREETER_TIMEOUT, round))
      if (overdue && thread.stillTicks >= HUNG_TICKS && thread.stillMs >= HUNG_TICKS * heartbeatMs) {
        this.#supervisor.replace(thread)
      } else if (pooled.batchesOut > 0 && thread.stillMs >= STUCK_MS && pooled.quietMs(now) >= STUCK_MS) {
        // It reports again when it is through with the batch, be the rest of it taken back or not.
        pooled.isStuck = true
        this.#queue.putBack(pooled.takeBack(Infinity))
      }
    }
    round.end()
    this.#dispatch()
  }

  threadReady(thread: SupervisedThread): void {
    this.#threads.set(thread, new PoolThread(thread))
    this.#options.onThreadReady?.(thread.index)
    this.#dispatch()
  }

  threadLost(thread: SupervisedThread, loss: ThreadLoss): void {
    const pooled = this.#threads.get(thread) as PoolThread
    this.#threads.delete(thread)
    const { unstarted, started } = pooled.lose()
    this.#queue.putBack(unstarted)
    this.#options.onThreadLost?.(thread.index, loss)
    const round = new ReplyRound()
    for (const request of started) this.#answer(request, THREAD_LOST, round)
    round.end()
    this.#dispatch()
  }

  threadReport(thread: SupervisedThread, report: ThreadReport): void {
    const pooled = this.#threads.get(thread)
    if (!pooled || report.kind !== 'answers') return
    this.#pace.note(report.started, report.busyMs)
    const round = new ReplyRound()
    pooled.receive(report, (request, result) => this.#answer(request, result ?? GREETER_FAILED, round))
    // The requesters take new names before the thread gets more to do.
    round.end()
    this.#dispatch()
  }

  #answer(request: PoolRequest, answer: Answer, round: ReplyRound): void {
    if (!request.isOpen) return
    this.#close(request)
    round.reply(request.requester, request.id, answer)
  }

  #close({ requester, id }: PoolRequest): void {
    const requests = this.#open.get(requester) as Map<number, PoolRequest>
    ;(requests.get(id) as PoolRequest).isOpen = false
    requests.delete(id)
    if (requests.size === 0) this.#open.delete(requester)
  }

  /** Takes a request out of the queue or back from its thread. False if its greeter was started. */
  #withdraw(request: PoolRequest): boolean {
    if (request.holder) return request.holder.revoke(request)
    this.#queue.remove(request)
    return true
  }

  #isFull(request: PoolRequest): boolean {
    const { maxQueuedRequests, maxQueuedBytes } = this.#options
    return this.#queue.length >= maxQueuedRequests || this.#queue.bytes + request.bytes > maxQueuedBytes
  }

  /** How long a client should wait when the queue is full: about until half of it is done. */
  get #waitMs(): number {
    const threads = Math.max(1, this.#threads.size)
    const halfMs = (this.#queue.length * (this.#pace.meanMs ?? 1)) / threads / 2
    return Math.ceil(Math.min(Math.max(halfMs, SHORTEST_WAIT_MS), LONGEST_WAIT_MS))
  }

  #deferDispatch(): void {
    if (this.#dispatchDeferred) return
    this.#dispatchDeferred = true
    this.#options.defer(() => {
      this.#dispatchDeferred = false
      this.#dispatch()
    })
  }

  #dispatch(): void {
    while (this.#queue.length > 0) {
      const open = [...this.#threads.values()].filter((each) => this.#mayHaveMore(each))
      const next = leastLoaded(open)
      if (!next) return
      const share = Math.max(Math.ceil(this.#queue.length / open.length), this.#pace.smallestShare)
      this.#hand(next, Math.min(share, this.#queue.length, this.#pace.batchLimit, next.room))
    }
    this.#moveWork()
  }

  #mayHaveMore(pooled: PoolThread): boolean {
    return !pooled.isStuck && pooled.room > 0 && pooled.batchesOut < this.#pace.batchesOut
  }

  #hand(pooled: PoolThread, count: number): void {
    const requests: PoolRequest[] = []
    while (requests.length < count) requests.push(this.#queue.take() as PoolRequest)
    pooled.send(requests)
  }

  /** Gives half of what waits behind a busy thread to one that has nothing, when nothing else waits. */
  #moveWork(): void {
    if (!this.#pace.isWorthMoving(2 * MAX_BATCH)) return
    for (const idle of this.#threads.values()) {
      if (idle.batchesOut > 0 || !this.#mayHaveMore(idle)) continue
      const busiest = this.#busiest()
      if (!busiest) return
      this.#queue.putBack(busiest.takeBack(Math.ceil(busiest.countUnstarted() / 2)))
      if (this.#queue.length > 0) this.#hand(idle, Math.min(this.#queue.length, idle.room))
    }
  }

  #busiest(): PoolThread | undefined {
    let busiest: PoolThread | undefined
    let most = 0
    for (const pooled of this.#threads.values()) {
      if (pooled.batchesOut === 0) continue
      const unstarted = pooled.countUnstarted()
      if (unstarted <= most || !this.#pace.isWorthMoving(unstarted)) continue
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

const GREETER_FAILED: Answer = { code: 'GREETER_FAILED' }
const GREETER_TIMEOUT: Answer = { code: 'GREETER_TIMEOUT' }
const THREAD_LOST: Answer = { code: 'THREAD_LOST' }
const CANCELLED: Answer = { code: 'CANCELLED' }

/** For how many ticks, and beats, a thread must be still before it is replaced because of a greeter over its time. */
const HUNG_TICKS = 3

/** After this time without a sign, what a thread has not started is given to others. */
const STUCK_MS = 20

const SHORTEST_WAIT_MS = 10
const LONGEST_WAIT_MS = 10_000
