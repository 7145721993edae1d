/** The one error that requests, pings and connecting end with: what happened, what to do next, and whether the greeter ran. */

import type { ErrorName } from '@greetwire/protocol'

/**
 * What can go wrong without an error code of the server.
 * - `CONNECT_FAILED`: no connection, or a peer that does not speak the protocol.
 * - `CONNECTION_LOST`: the connection ended before the answer.
 * - `GOODBYE`: the server let the connection go before it took the request.
 * - `BAD_SERVER`: the server broke the protocol.
 * - `TIMED_OUT`: `timeoutMs` or `connectTimeoutMs` passed.
 * - `ABORTED`: the caller's AbortSignal fired; `cause` is its reason.
 * - `CLIENT_CLOSED`: the client was closed.
 * - `QUEUE_FULL`: `maxQueued` requests, or as many pings, wait already.
 */
export type LocalErrorCode =
  | 'CONNECT_FAILED'
  | 'CONNECTION_LOST'
  | 'GOODBYE'
  | 'BAD_SERVER'
  | 'TIMED_OUT'
  | 'ABORTED'
  | 'CLIENT_CLOSED'
  | 'QUEUE_FULL'

/** A registered name of the protocol, one of our own, or the number of a code that this version does not know, as `0x02fe`. */
export type GreetErrorCode = ErrorName | LocalErrorCode | `0x${string}`

/** What describes a GreetError, beside its message. */
export interface GreetErrorDescription {
  readonly code: GreetErrorCode
  readonly source: GreetError['source']
  readonly retryable: boolean
  readonly executed: GreetError['executed']
  readonly detail?: number
  readonly cause?: unknown
}

/** Why a request has no greeting. */
export class GreetError extends Error {
  override readonly name = 'GreetError'
  /** What happened; the word to branch on. Never branch on `message`. */
  readonly code: GreetErrorCode
  /**
   * Who found it: `answer` is an ERROR for this request, `connection` is the end of a connection or the want of one, `client` is
   * this side, which refused or gave up.
   */
  readonly source: 'answer' | 'connection' | 'client'
  /** Whether the same request may be sent again without being executed twice, and has a chance to succeed. */
  readonly retryable: boolean
  /** Whether the server ran the greeter: `never` and `yes` are certain, `maybe` is all that can be known. */
  readonly executed: 'never' | 'maybe' | 'yes'
  /** What the code says it is: a limit in bytes, milliseconds to wait; else 0. */
  readonly detail: number

  constructor(message: string, { code, source, retryable, executed, detail = 0, cause }: GreetErrorDescription) {
    super(message, cause === undefined ? undefined : { cause })
    this.code = code
    this.source = source
    this.retryable = retryable
    this.executed = executed
    this.detail = detail
  }

  /** The same error for a request that was sent twice, whose first try may have been executed. @internal */
  afterRepeat(): GreetError {
    if (this.executed === 'yes') return this
    const { code, source, detail, cause } = this
    const text = `${this.message}; an earlier try of it may have been executed`
    return new GreetError(text, { code, source, detail, cause, executed: 'maybe', retryable: false })
  }
}
