/** What a caller waits for: a greeting or a pong. Knows its deadline and how to settle; a Dispatcher moves it about. */

import { UsageError } from '@greetwire/protocol'
import type { GreetError } from './greet-error.ts'

/** What a call was sent on. */
export interface CallHolder {
  /** Stops waiting for a call. Its answer is dropped; a request is cancelled at the server. */
  giveUp(call: Call): void
}

/** One thing a caller waits for. */
export abstract class Call {
  /** When its caller made it, on the clock of `performance.now`. */
  readonly madeAt: number = performance.now()
  /** When it times out, on the same clock; Infinity for never. */
  readonly deadline: number
  /** The session it was sent on, while it waits there for its answer. */
  session: CallHolder | undefined
  settled = false
  /** Called when the call is settled, before its caller hears of it. */
  onSettled: (() => void) | undefined

  /** `timeoutMs` is how long it may take, 0 for ever. */
  constructor(timeoutMs: number) {
    this.deadline = timeoutMs === 0 ? Infinity : this.madeAt + timeoutMs
  }

  /** What the call does, for messages: `greet "Ada"`. */
  abstract get what(): string

  /** Ends the call with an error. Called once, by the Dispatcher. */
  abstract fail(error: GreetError): void
}

/** A request for one greeting. */
export abstract class GreetCall extends Call {
  readonly text: string
  readonly idempotent: boolean
  /** The id on `session`. */
  id = 0
  /** How often it was sent again. */
  retries = 0
  /** Whether it was sent again although the server may have executed it. */
  repeated = false
  /** The earliest time of the next try. */
  notBefore = 0

  constructor(text: string, timeoutMs: number, idempotent: boolean) {
    super(timeoutMs)
    if (typeof text !== 'string') throw new UsageError(`Cannot greet ${String(text)}: a name is a string`)
    this.text = text
    this.idempotent = idempotent
  }

  override get what(): string {
    return `greet ${JSON.stringify(this.text.length > 64 ? `${this.text.slice(0, 64)}…` : this.text)}`
  }

  /** Ends the call with its greeting. Called once, by the Dispatcher. */
  abstract greeted(greeting: string): void
}

/** A measured round trip. */
export abstract class PingCall extends Call {
  /** When it was sent. */
  sentAt = 0

  override get what(): string {
    return 'ping'
  }

  /** Ends the call with the round-trip time. Called once, by the Dispatcher. */
  abstract ponged(milliseconds: number): void
}

/** What settles the promise of a single call. */
export type Settler<Value> = Pick<PromiseWithResolvers<Value>, 'resolve' | 'reject'>

/** A request that settles a promise. */
export class SingleGreet extends GreetCall {
  readonly #settler: Settler<string>

  constructor(text: string, timeoutMs: number, idempotent: boolean, settler: Settler<string>) {
    super(text, timeoutMs, idempotent)
    this.#settler = settler
  }

  override greeted(greeting: string): void {
    this.#settler.resolve(greeting)
  }

  override fail(error: GreetError): void {
    this.#settler.reject(error)
  }
}

/** A ping that settles a promise. */
export class SinglePing extends PingCall {
  readonly #settler: Settler<number>

  constructor(timeoutMs: number, settler: Settler<number>) {
    super(timeoutMs)
    this.#settler = settler
  }

  override ponged(milliseconds: number): void {
    this.#settler.resolve(milliseconds)
  }

  override fail(error: GreetError): void {
    this.#settler.reject(error)
  }
}
