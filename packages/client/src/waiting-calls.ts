/** The calls that are on no session: for want of room, of a session, or because the time of their next try has not come. */

import { type Call, GreetCall, type PingCall } from './call.ts'

/** @internal */
export class WaitingCalls {
  /** Requests that can be sent, in order. */
  readonly greets: Set<GreetCall> = new Set()
  readonly pings: Set<PingCall> = new Set()
  readonly #delayed = new Set<GreetCall>()

  /** Whether anything waits that could be sent on an open session. */
  get any(): boolean {
    return this.greets.size > 0 || this.pings.size > 0
  }

  /** Every call that waits, those whose time has not come included. */
  get all(): Call[] {
    return [...this.greets, ...this.#delayed, ...this.pings]
  }

  /** How many calls of the kind of `call` wait. */
  countLike(call: Call): number {
    return call instanceof GreetCall ? this.greets.size + this.#delayed.size : this.pings.size
  }

  add(call: GreetCall | PingCall): void {
    if (call instanceof GreetCall) this.greets.add(call)
    else this.pings.add(call)
  }

  /** Keeps a request back until its `notBefore`. */
  delay(call: GreetCall): void {
    this.#delayed.add(call)
  }

  delete(call: Call): void {
    if (call instanceof GreetCall) {
      this.greets.delete(call)
      this.#delayed.delete(call)
    } else this.pings.delete(call as PingCall)
  }

  /** Lets go of the requests whose time has come; returns the time of the next one, or Infinity. */
  releaseDelayed(now: number): number {
    let next = Infinity
    for (const call of this.#delayed) {
      if (call.notBefore > now) next = Math.min(next, call.notBefore)
      else {
        this.#delayed.delete(call)
        this.greets.add(call)
      }
    }
    return next
  }
}
