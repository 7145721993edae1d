/** An engine between the sessions and the real one that sees every call, and notes each that breaks the rules between the two. */

import type { Answer } from '@greetwire/protocol'
import type { Engine, Requester } from '../../src/engine.ts'
import type { ThreadEngine } from '../../src/thread-engine.ts'
import { readName, type Execution } from './simulated-greeter.ts'

/** What the engine and the connections have to keep. */
export interface WatchedLimits {
  readonly greeterTimeoutMs: number
  readonly maxInFlight: number
  readonly queueRequests: number
  readonly threads: number
}

export class WatchedEngine implements Engine {
  readonly #engine: ThreadEngine
  readonly #limits: WatchedLimits
  readonly #executions: ReadonlyMap<string, readonly Execution[]>
  readonly #now: () => number
  readonly #requesters = new Map<Requester, WatchedRequester>()
  readonly problems: string[] = []
  isStopped = false

  constructor(
    engine: ThreadEngine,
    limits: WatchedLimits,
    executions: ReadonlyMap<string, readonly Execution[]>,
    now: () => number,
  ) {
    this.#engine = engine
    this.#limits = limits
    this.#executions = executions
    this.#now = now
  }

  /** How many requests wait for an answer. */
  get openRequests(): number {
    let count = 0
    for (const { open } of this.#requesters.values()) count += open.size
    return count
  }

  greet(requester: Requester, id: number, name: string): Answer | undefined {
    const watched = this.#watch(requester)
    const { key } = readName(name)
    if (watched.open.has(id)) this.problems.push(`request ${key} was taken twice`)
    const { maxInFlight, queueRequests, threads } = this.#limits
    if (watched.open.size >= maxInFlight) this.problems.push(`request ${key} was taken over maxInFlight`)
    const answer = this.#engine.greet(watched, id, name)
    if (answer === undefined) watched.open.set(id, key)
    else if (!this.isStopped && this.#engine.queuedRequests < queueRequests) {
      this.problems.push(`request ${key} got ${JSON.stringify(answer)} although the queue has room`)
    }
    // What comes back from threads may exceed the limit by what they hold.
    if (this.#engine.queuedRequests > queueRequests + threads * 128) this.problems.push('the queue grows without bound')
    return answer
  }

  cancel(requester: Requester, id: number): Answer | undefined {
    const watched = this.#watch(requester)
    const key = watched.open.get(id)
    const answer = this.#engine.cancel(watched, id)
    if (key === undefined) this.problems.push(`a request that is not in flight was cancelled`)
    else if (answer === undefined && !this.#executions.has(key)) {
      this.problems.push(`request ${key} was not started and could not be cancelled`)
    }
    if (answer !== undefined) watched.open.delete(id)
    return answer
  }

  abandon(requester: Requester): void {
    const watched = this.#watch(requester)
    this.#engine.abandon(watched)
    if (watched.open.size === 0) this.problems.push('a connection gave up requests that were all answered')
    for (const key of watched.open.values()) this.#judgeDelay(key)
    watched.open.clear()
  }

  tick(now: number): void {
    this.#engine.tick(now)
  }

  /** A request must not be without an answer long after its greeter timer or its thread ended. */
  #judgeDelay(key: string): void {
    const execution = this.#executions.get(key)?.[0]
    if (!execution || this.isStopped) return
    const { startedAt, endedAt, thread } = execution
    // The answer of a greeter that let go may wait for the one behind it in the batch.
    const timerEnds = endedAt === undefined ? startedAt + this.#limits.greeterTimeoutMs : Infinity
    const delayMs = this.#now() - Math.min(timerEnds, thread.diedAt ?? Infinity)
    if (delayMs > SLACK_MS) this.problems.push(`request ${key} was not answered ${delayMs} ms after it was over`)
  }

  #watch(requester: Requester): WatchedRequester {
    let watched = this.#requesters.get(requester)
    if (!watched) this.#requesters.set(requester, (watched = new WatchedRequester(requester, this.problems)))
    return watched
  }
}

/** Two ticks, the way of a message, and the exit of a thread. */
const SLACK_MS = 75

class WatchedRequester implements Requester {
  readonly #requester: Requester
  readonly #problems: string[]
  /** Requests that wait for an answer: id and key. */
  readonly open = new Map<number, string>()
  #repliedTo = false

  constructor(requester: Requester, problems: string[]) {
    this.#requester = requester
    this.#problems = problems
  }

  reply(id: number, answer: Answer): void {
    if (!this.open.delete(id))
      this.#problems.push(`a request that was answered or abandoned got ${JSON.stringify(answer)}`)
    this.#repliedTo = true
    this.#requester.reply(id, answer)
  }

  proceed(): void {
    if (!this.#repliedTo) this.#problems.push('a requester was told to go on without a reply')
    this.#repliedTo = false
    this.#requester.proceed()
  }
}
