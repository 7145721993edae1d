/**
 * Opens the sessions of a client, one after the other, at growing distances while they fail. It knows nothing of calls.
 *
 * A session is of use once it has answered, or has lived for `backoffMaxMs`; a server that accepts and closes again is therefore
 * met at growing distances too.
 */

import { retryClass } from '@greetwire/protocol'
import { backoffMs } from './backoff.ts'
import { ClientSession, type SessionOwner, type SessionSetup } from './client-session.ts'
import { codeOfEnd, reasonOf } from './failure.ts'
import { GreetError } from './greet-error.ts'

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
  readonly #setup: Omit<SessionSetup, 'serial'>
  readonly #owner: SessionOwner
  #serial = 0
  /** How many sessions in a row were of no use. */
  #failures = 0
  #notBefore = 0

  constructor(setup: Omit<SessionSetup, 'serial'>, owner: SessionOwner) {
    this.#setup = setup
    this.#owner = owner
  }

  /** Opens a session unless there is one; returns when to ask again because it is too early, else Infinity. */
  open(now: number): number {
    if (this.current) return Infinity
    if (now < this.#notBefore) return this.#notBefore
    this.#serial++
    this.current = new ClientSession({ ...this.#setup, serial: this.#serial }, this.#owner)
    this.sessions.add(this.current)
    return Infinity
  }

  /** Notes that the current session is of use. */
  answered(session: ClientSession): void {
    if (session.answers > 0 && session === this.current) this.#failures = 0
  }

  /** Lets go of a session that takes no more calls; it finishes what it holds. Returns why, if it was of no use. */
  retire(session: ClientSession, now: number): ConnectFailure | undefined {
    if (session !== this.current) return undefined
    this.current = undefined
    session.finish()
    const { backoffMinMs, backoffMaxMs, retries } = this.#setup.options
    if (session.answers > 0 || (session.wasOpen && (!session.end || now - session.startedAt >= backoffMaxMs)))
      return undefined
    this.#failures++
    const error = this.#errorOf(session)
    const askedForMs = error.code === 'SERVER_FULL' ? error.detail : 0
    this.#notBefore = now + Math.max(askedForMs, backoffMs(this.#failures, backoffMinMs, backoffMaxMs, Math.random()))
    return { error, final: !error.retryable || this.#failures > retries }
  }

  /** Gives up what opens or closes for too long; returns when to look again. */
  expire(now: number): number {
    const { connectTimeoutMs, closeTimeoutMs } = this.#setup.options
    let next = Infinity
    for (const session of this.sessions) {
      const opening = session.wasOpen || session.end ? Infinity : after(session.startedAt, connectTimeoutMs)
      const closing = after(session.halfClosedAt, closeTimeoutMs)
      if (opening <= now) session.timedOut = true
      if (opening <= now || closing <= now) session.destroy()
      else next = Math.min(next, opening, closing)
    }
    return next
  }

  #errorOf(session: ClientSession): GreetError {
    const { target, options } = this.#setup
    const cannot = `Cannot connect to ${target.text}`
    const description = { executed: 'never', retryable: true } as const
    if (session.timedOut)
      return new GreetError(
        `${cannot}: no WELCOME within ${options.connectTimeoutMs} ms; check that a Greetwire server answers there`,
        {
          ...description,
          code: 'TIMED_OUT',
        },
      )
    const { end, cause } = session
    if (cause) {
      const untrusted = TLS_FAILURE.test(String((cause as NodeJS.ErrnoException).code))
      const advice = untrusted
        ? 'check tls.ca, tls.cert and tls.serverName'
        : 'check that the server runs and listens there'
      const text = `${cannot}: ${cause.message || (cause as NodeJS.ErrnoException).code}; ${advice}`
      return new GreetError(text, { ...description, code: 'CONNECT_FAILED', retryable: !untrusted, cause })
    }
    const closed = !end || end.why === 'fin' || end.why === 'reset'
    if (closed)
      return new GreetError(`${cannot}: ${reasonOf(end ?? { why: 'closed' })} before its WELCOME`, {
        ...description,
        code: 'CONNECT_FAILED',
      })
    const hopeless =
      end.why === 'violation' || end.why === 'closed' || (end.why === 'error' && retryClass(end.error.code) === 'never')
    const advice = end.why === 'violation' ? '; check that a Greetwire server listens there' : ''
    return new GreetError(`${cannot}: ${reasonOf(end)}${advice}`, {
      ...description,
      code: codeOfEnd(end),
      retryable: !hopeless,
      detail: end.why === 'error' ? end.error.detail : 0,
    })
  }
}

/** What the codes of errors in a TLS handshake have in common; trying again would not help. */
const TLS_FAILURE = /CERT|TLS|SSL|EPROTO|UNABLE_TO/

function after(since: number, timeoutMs: number): number {
  return timeoutMs === 0 ? Infinity : since + timeoutMs
}
