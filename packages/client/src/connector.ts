/**
 * Opens the sessions of a client, one after the other, at growing distances while they fail. It knows nothing of calls.
 *
 * A session is of use once it has answered, or has lived for `backoffMaxMs`; a server that accepts and closes again is therefore
 * met at growing distances too.
 */

import { backoffMs } from './backoff.ts'
import { ClientSession } from './client-session.ts'
import { connectError } from './connect-error.ts'
import type { GreetError } from './greet-error.ts'
import type { SessionOwner, SessionSetup } from './session-owner.ts'

/** The most that a SERVER_FULL can keep us away for: its detail would reach to 49 days, and one mistaken server is enough. */
const LONGEST_ASKED_FOR_MS = 60_000

/** Why there is no session, and whether that may change soon. */
export interface ConnectFailure {
  readonly error: GreetError
  /** Whether whoever waits for a session should wait no longer. */
  readonly final: boolean
}

/** @internal */
export class Connector {
  /** The session that takes calls, or is being opened to take them. */
  current: ClientSession | undefined
  /** Every session that is not closed. */
  readonly sessions: Set<ClientSession> = new Set()
  /** Why no session is opened any more. */
  ended: GreetError | undefined
  /** Why the last session was of no use; undefined once one is. */
  failure: GreetError | undefined
  readonly #setup: SessionSetup
  readonly #owner: SessionOwner<ClientSession>
  #serial = 0
  /** How many sessions in a row were of no use. */
  #failures = 0
  #notBefore = 0

  constructor(setup: SessionSetup, owner: SessionOwner<ClientSession>) {
    this.#setup = setup
    this.#owner = owner
  }

  /** Opens a session unless there is one; returns when to ask again because it is too early, else Infinity. */
  open(now: number): number {
    if (this.current) return Infinity
    if (now < this.#notBefore) return this.#notBefore
    this.#serial++
    this.current = new ClientSession(this.#serial, this.#setup, this.#owner)
    this.sessions.add(this.current)
    return Infinity
  }

  /** Notes that the current session is of use. */
  answered(session: ClientSession): void {
    if (session.answers === 0 || session !== this.current) return
    this.#failures = 0
    this.failure = undefined
  }

  /** Lets go of a session that takes no more calls; it finishes what it holds. Returns why, if it was of no use. */
  retire(session: ClientSession, now: number): ConnectFailure | undefined {
    if (session !== this.current) return undefined
    this.current = undefined
    session.finish()
    const error = connectError(session, this.#setup)
    if (!this.#setup.options.reconnect) this.ended = error
    if (this.ended) return { error: this.ended, final: true }
    // A server without room is without it for the next connection too, however long it has kept this one.
    this.#notBefore = now + askedForMs(error)
    this.failure = this.#wasOfUse(session, now) ? undefined : error
    if (!this.failure) return undefined
    this.#failures++
    this.#notBefore = Math.max(this.#notBefore, now + this.#backoffMs())
    return { error, final: !error.retryable || this.#failures > this.#setup.options.retries }
  }

  /** Whether it answered, lived for long, or ended by our own wish. */
  #wasOfUse(session: ClientSession, now: number): boolean {
    if (session.answers > 0) return true
    if (!session.wasOpen) return false
    const ourWish = !session.end && !session.silent
    return ourWish || now - session.startedAt >= this.#setup.options.backoffMaxMs
  }

  #backoffMs(): number {
    const { backoffMinMs, backoffMaxMs } = this.#setup.options
    return backoffMs(this.#failures, backoffMinMs, backoffMaxMs, Math.random())
  }

  /** Gives up what opens or closes for too long; returns when to look again. */
  expire(now: number): number {
    const { connectTimeoutMs, closeTimeoutMs } = this.#setup.options
    let next = Infinity
    for (const session of this.sessions) {
      const opening = session.wasOpen || session.end ? Infinity : after(session.startedAt, connectTimeoutMs)
      if (session.done) session.doneSince = Math.min(session.doneSince, now)
      const closing = after(session.doneSince, closeTimeoutMs)
      if (opening <= now) session.timedOut = true
      if (opening <= now || closing <= now) session.destroy()
      else next = Math.min(next, opening, closing)
    }
    return next
  }
}

function askedForMs({ code, detail }: GreetError): number {
  return code === 'SERVER_FULL' ? Math.min(detail, LONGEST_ASKED_FOR_MS) : 0
}

function after(since: number, timeoutMs: number): number {
  return timeoutMs === 0 ? Infinity : since + timeoutMs
}
