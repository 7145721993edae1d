/**
 * The engine of the pool model: greets by threads that do nothing else.
 *
 * It knows who waits for which answer and for how long, and how many may wait; the dispatcher knows which thread has what, the
 * supervisor which threads there are. Each request that was taken is answered once, or abandoned.
 */

import type { Answer } from '@greetwire/protocol'
import type { Engine, Requester } from './engine.ts'
import { PoolDispatcher } from './pool-dispatcher.ts'
import { PoolRequest, PoolRequester } from './pool-request.ts'
import type { PoolThread } from './pool-thread.ts'
import { ReplyRound } from './reply-round.ts'
import type { SupervisedThread } from './supervised-thread.ts'
import type { ThreadReport } from './thread-messages.ts'
import { type SupervisorOptions, type ThreadListener, type ThreadLoss, ThreadSupervisor } from './thread-supervisor.ts'

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
  readonly #dispatcher = new PoolDispatcher()
  /** Those who wait for answers. */
  readonly #requesters = new Map<Requester, PoolRequester>()
  /** Who asked last: the names of one chunk come in a row. */
  #latest: PoolRequester | undefined
  #dispatchDeferred = false
  #stopped = false

  constructor(options: ThreadEngineOptions) {
    this.#options = options
    this.#supervisor = new ThreadSupervisor({ ...options, model: 'pool' }, this)
  }

  /** How many requests wait for a thread. */
  get queuedRequests(): number {
    return this.#dispatcher.queuedRequests
  }

  /** The threads that work. */
  get readyThreads(): ReadonlySet<SupervisedThread> {
    return this.#supervisor.ready
  }

  /** Starts the threads; see ThreadSupervisor.start. */
  start(now: number): Promise<void> {
    return this.#supervisor.start(now)
  }

  /** Ends the threads. Requests without an answer get THREAD_LOST, and any that still comes gets OVERLOADED. */
  async stop(): Promise<void> {
    this.#stopped = true
    const stopped = this.#supervisor.stop()
    this.#dispatcher.clear()
    const round = new ReplyRound()
    for (const requester of this.#requesters.values()) {
      for (const request of requester.openRequests()) {
        this.#dispatcher.withdraw(request)
        this.#answer(request, THREAD_LOST, round)
      }
    }
    round.end()
    await stopped
  }

  greet(requester: Requester, id: number, name: string): Answer | undefined {
    const pooled = this.#latest?.replyTo === requester ? this.#latest : this.#pooled(requester)
    const request = new PoolRequest(pooled, id, name)
    if (this.#isFull(request)) {
      // What was not handed over yet, because the turn is not over, must not make the queue look full.
      this.#dispatcher.dispatch()
      if (this.#isFull(request)) return { code: 'OVERLOADED', detail: this.#waitMs }
    }
    if (pooled.openCount === 0) this.#requesters.set(requester, pooled)
    pooled.add(request)
    this.#dispatcher.push(request)
    this.#deferDispatch()
    return undefined
  }

  cancel(requester: Requester, id: number): Answer | undefined {
    const request = this.#requesters.get(requester)?.find(id)
    if (!request || !this.#dispatcher.withdraw(request)) return undefined
    this.#close(request)
    return CANCELLED
  }

  abandon(requester: Requester): void {
    for (const request of this.#requesters.get(requester)?.openRequests() ?? []) {
      this.#dispatcher.withdraw(request)
      this.#close(request)
    }
    this.#latest = undefined
  }

  /** Acts on every greeter timer that is due, and on the heartbeats. To be called a few times in `heartbeatMs`. */
  tick(now: number): void {
    this.#supervisor.tick(now)
    const round = new ReplyRound()
    const hung: SupervisedThread[] = []
    for (const pooled of this.#dispatcher.threads) {
      const overdue = pooled.observe(now, this.#options.greeterTimeoutMs, (request) =>
        this.#answer(request, GREETER_TIMEOUT, round),
      )
      if (overdue && this.#isHung(pooled)) hung.push(pooled.thread)
    }
    this.#dispatcher.relieve(now)
    round.end()
    for (const thread of hung) this.#supervisor.replace(thread)
    this.#dispatcher.dispatch()
  }

  threadReady(thread: SupervisedThread): void {
    this.#dispatcher.add(thread)
    this.#options.onThreadReady?.(thread.index)
    this.#dispatcher.dispatch()
  }

  threadLost(thread: SupervisedThread, loss: ThreadLoss): void {
    const started = this.#dispatcher.lose(thread)
    this.#options.onThreadLost?.(thread.index, loss)
    const round = new ReplyRound()
    for (const request of started) this.#answer(request, THREAD_LOST, round)
    round.end()
    this.#dispatcher.dispatch()
  }

  /** A greeter that blocks its thread has its time all the same, and what ends then is its request. */
  mayBeStill(thread: SupervisedThread): boolean {
    return this.#dispatcher.mayBeStill(thread)
  }

  threadReport(thread: SupervisedThread, report: ThreadReport): void {
    if (report.kind !== 'answers') return
    const round = new ReplyRound()
    this.#dispatcher.receive(thread, report, (request, result) =>
      this.#answer(request, result ?? GREETER_FAILED, round),
    )
    // The requesters take new names before the thread gets more to do.
    round.end()
    this.#dispatcher.dispatch()
  }

  #answer(request: PoolRequest, answer: Answer, round: ReplyRound): void {
    if (!request.isOpen) return
    this.#close(request)
    round.reply(request.requester.replyTo, request.id, answer)
  }

  #close(request: PoolRequest): void {
    const { requester } = request
    requester.close(request)
    if (requester.openCount === 0) this.#requesters.delete(requester.replyTo)
  }

  #pooled(requester: Requester): PoolRequester {
    this.#latest = this.#requesters.get(requester) ?? new PoolRequester(requester)
    return this.#latest
  }

  /** A greeter over its time costs its thread only if that shows no life: an async one that waits for something does. */
  #isHung({ thread }: PoolThread): boolean {
    return thread.stillTicks >= HUNG_BEATS && thread.stillMs >= HUNG_BEATS * this.#options.heartbeatMs
  }

  #isFull(request: PoolRequest): boolean {
    const { maxQueuedRequests, maxQueuedBytes } = this.#options
    const { queuedRequests, queuedBytes } = this.#dispatcher
    // However small the limit, one may wait: a server that is idle refuses nobody.
    const tooManyBytes = queuedRequests > 0 && queuedBytes + request.bytes > maxQueuedBytes
    return this.#stopped || queuedRequests >= maxQueuedRequests || tooManyBytes
  }

  /** How long a client should wait when the queue is full. */
  get #waitMs(): number {
    return Math.ceil(Math.min(Math.max(this.#dispatcher.halfQueueMs, SHORTEST_WAIT_MS), LONGEST_WAIT_MS))
  }

  #deferDispatch(): void {
    if (this.#dispatchDeferred) return
    this.#dispatchDeferred = true
    this.#options.defer(() => {
      this.#dispatchDeferred = false
      this.#dispatcher.dispatch()
    })
  }
}

const GREETER_FAILED: Answer = { code: 'GREETER_FAILED' }
const GREETER_TIMEOUT: Answer = { code: 'GREETER_TIMEOUT' }
const THREAD_LOST: Answer = { code: 'THREAD_LOST' }
const CANCELLED: Answer = { code: 'CANCELLED' }

/** For how many ticks, and beats, a thread must be still before it is replaced because of a greeter over its time. */
const HUNG_BEATS = 3

const SHORTEST_WAIT_MS = 10
const LONGEST_WAIT_MS = 10_000
