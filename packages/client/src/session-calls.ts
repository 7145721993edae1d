/** Which calls a session has sent: turns what its connection says of ids into what the owner hears of calls. */

import type { ClientHandler, ConnectionEnd, Executed, ReceivedError, ReceivedGoodbye } from '@greetwire/protocol'
import { type Call, type CallHolder, GreetCall, type PingCall } from './call.ts'
import { failureOfEnd, failureOfError } from './failure.ts'
import type { SessionOwner } from './session-owner.ts'

/** What a session is to its calls. */
export interface CallSession extends CallHolder {
  /** Why it takes no further request, once that is so and not our wish. */
  readonly end: ConnectionEnd | undefined
  /** What the transport said when it failed. */
  readonly cause: Error | undefined
}

/** @internal */
export class SessionCalls<Session extends CallSession> implements ClientHandler {
  /** How many answers came, errors and PONGs included. */
  answers = 0
  /** The GOODBYE as an end, once it came. */
  goodbyeEnd: ConnectionEnd | undefined
  readonly #session: Session
  readonly #target: string
  readonly #owner: SessionOwner<Session>
  readonly #greets = new Map<number, GreetCall>()
  /** The PINGs without a PONG, oldest first; those of our own are undefined. */
  readonly #pings: (PingCall | undefined)[] = []

  constructor(session: Session, target: string, owner: SessionOwner<Session>) {
    this.#session = session
    this.#target = target
    this.#owner = owner
  }

  /** Whether somebody waits for any of them. */
  get awaited(): boolean {
    return this.#greets.size > 0 || this.#pings.some((call) => call?.session)
  }

  /** Whether a PONG is due, even if nobody waits for it. */
  get pongDue(): boolean {
    return this.#pings.length > 0
  }

  /** Notes a request that was sent with `id`. */
  sentGreet(call: GreetCall, id: number): void {
    call.id = id
    call.session = this.#session
    this.#greets.set(id, call)
  }

  /** Notes a ping that was sent, or without `call` a PING of our own. */
  sentPing(call?: PingCall): void {
    this.#pings.push(call)
    if (!call) return
    call.session = this.#session
    call.sentAt = performance.now()
  }

  /** Forgets a call; returns whether it was a request, which is to be cancelled. The PONG of a ping is still due. */
  giveUp(call: Call): call is GreetCall {
    call.session = undefined
    return call instanceof GreetCall && this.#greets.delete(call.id)
  }

  /** Fails every ping: no PONG will come. */
  failPings(): void {
    const { end = { why: 'closed' }, cause } = this.#session
    for (const call of this.#pings.splice(0)) {
      if (!call) continue
      call.session = undefined
      if (!call.settled) this.#owner.failed(call, failureOfEnd(this.#describe(call), undefined, end, cause))
    }
  }

  // What the connection tells.

  greeting(id: number, greeting: string): void {
    this.answers++
    this.#owner.greeted(this.#taken(id), greeting)
  }

  failed(id: number, error: ReceivedError): void {
    this.answers++
    const call = this.#taken(id)
    this.#owner.failed(call, failureOfError(this.#describe(call), error))
  }

  lost(id: number, executed: Executed, end: ConnectionEnd): void {
    const call = this.#taken(id)
    this.#owner.failed(call, failureOfEnd(this.#describe(call), executed, end, this.#session.cause))
  }

  pong(): void {
    this.answers++
    const call = this.#pings.shift()
    if (call && !call.settled) this.#owner.ponged(call, performance.now() - call.sentAt)
  }

  welcome(): void {
    this.#owner.opened(this.#session)
  }

  goodbye(goodbye: ReceivedGoodbye): void {
    this.goodbyeEnd = { why: 'goodbye', goodbye }
    this.#owner.goodbye(goodbye)
  }

  #taken(id: number): GreetCall {
    const call = this.#greets.get(id) as GreetCall
    this.#greets.delete(id)
    call.session = undefined
    return call
  }

  #describe(call: Call): string {
    return `${call.what} at ${this.#target}`
  }
}
