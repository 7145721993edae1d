/**
 * The engine that greets here and now, on the thread that asks: a shard's.
 *
 * A greeter that answers at once costs a function call. One that answers later is kept in a bounded set with a timer each.
 */

import type { Answer } from '@greetwire/protocol'
import type { Engine, Requester } from './engine.ts'
import type { GreeterResult, GuardedGreeter } from './guarded-greeter.ts'
import { ReplyRound } from './reply-round.ts'

/** What an inline engine needs. */
export interface InlineEngineOptions {
  readonly greeter: GuardedGreeter
  /** What the greeter puts in front of every name, if that is all it does. */
  readonly greetingPrefix?: Uint8Array | undefined
  /** How long an async greeter may take, in milliseconds; 0 is for ever. One that blocks cannot be stopped from here. */
  readonly greeterTimeoutMs: number
  /** How many async greeters may run; the next request is answered OVERLOADED. */
  readonly maxRunning: number
  /** Runs something when the current turn is over, so that answers that come together are written together: `queueMicrotask`. */
  defer(run: () => void): void
}

/** Greets inline. */
export class InlineEngine implements Engine {
  readonly #options: InlineEngineOptions
  /** The async greeters that run, also for requests that were abandoned: they take their place until they end or time out. */
  readonly #running = new Set<Running>()
  /** The same by who waits for them. */
  readonly #waitedFor = new Map<Requester, Set<Running>>()
  readonly #round = new ReplyRound()
  #roundEndDeferred = false

  readonly greetingPrefix: Uint8Array | undefined

  constructor(options: InlineEngineOptions) {
    this.#options = options
    this.greetingPrefix = options.greetingPrefix
  }

  /** How many async greeters run. */
  get runningCount(): number {
    return this.#running.size
  }

  greet(requester: Requester, id: number, name: string): Answer | undefined {
    if (this.#running.size >= this.#options.maxRunning) return OVERLOADED
    const result = this.#options.greeter.call(name)
    if (typeof result === 'string') return result
    if (result === null) return GREETER_FAILED
    const running: Running = { requester, id, seenAt: Infinity }
    this.#running.add(running)
    const waitedFor = this.#waitedFor.get(requester)
    if (waitedFor) waitedFor.add(running)
    else this.#waitedFor.set(requester, new Set([running]))
    void this.#answerLater(running, result)
    return undefined
  }

  greeted(count: number): void {
    this.#options.greeter.countGreeted(count)
  }

  /** Every greeter here is started at once, so the reply comes when it lets go. */
  cancel(): undefined {
    return undefined
  }

  abandon(requester: Requester): void {
    for (const running of this.#waitedFor.get(requester) ?? []) running.requester = undefined
    this.#waitedFor.delete(requester)
  }

  tick(now: number): void {
    const { greeterTimeoutMs } = this.#options
    if (greeterTimeoutMs === 0) return
    for (const running of this.#running) {
      // The first tick that sees it starts its timer, so that it is never early.
      if (running.seenAt === Infinity) running.seenAt = now
      else if (now - running.seenAt >= greeterTimeoutMs) this.#end(running, GREETER_TIMEOUT)
    }
    this.#round.end()
  }

  async #answerLater(running: Running, result: Promise<GreeterResult>): Promise<void> {
    const greeting = await result
    this.#end(running, greeting ?? GREETER_FAILED)
    this.#deferRoundEnd()
  }

  #end(running: Running, answer: Answer): void {
    if (!this.#running.delete(running)) return
    const { requester } = running
    if (!requester) return
    const waitedFor = this.#waitedFor.get(requester)
    waitedFor?.delete(running)
    if (waitedFor?.size === 0) this.#waitedFor.delete(requester)
    this.#round.reply(requester, running.id, answer)
  }

  #deferRoundEnd(): void {
    if (this.#roundEndDeferred) return
    this.#roundEndDeferred = true
    this.#options.defer(() => {
      this.#roundEndDeferred = false
      this.#round.end()
    })
  }
}

interface Running {
  /** Undefined once it is abandoned. */
  requester: Requester | undefined
  readonly id: number
  seenAt: number
}

const GREETER_FAILED: Answer = { code: 'GREETER_FAILED' }
const GREETER_TIMEOUT: Answer = { code: 'GREETER_TIMEOUT' }
/** How long running greeters take is not known here, so the wait is a guess. */
const OVERLOADED: Answer = { code: 'OVERLOADED', detail: 100 }
