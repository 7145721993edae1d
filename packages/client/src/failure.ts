/**
 * Turns what a connection tells of a request into the decision whether to send it again, and into the error its caller gets
 * (SPEC "Retry").
 */

import { type ConnectionEnd, type Executed, type ReceivedError, retryClass } from '@greetwire/protocol'
import { GreetError, type GreetErrorCode, type GreetErrorDescription } from './greet-error.ts'

/** How one try of a request failed. */
export interface Failure {
  readonly error: GreetError
  /**
   * - `freely`: it was never executed. - `once`: it may have been, so only a request declared idempotent is sent again, and once.
   * - `no`: it would fail again.
   */
  readonly retry: 'freely' | 'once' | 'no'
  /** The least distance to the next try; undefined if a new connection is all it needs. */
  readonly delayMs: number | undefined
}

/** The request was answered with an ERROR. */
export function failureOfError(what: string, error: ReceivedError): Failure {
  const retry = RETRIES[retryClass(error.code)]
  const executed = retry === 'freely' ? 'never' : executedBefore(error)
  const text = `Cannot ${what}: the server answered ${codeOf(error)}${quoted(error.message)}${adviceFor(error)}`
  return {
    error: new GreetError(text, {
      code: codeOf(error),
      source: 'answer',
      retryable: retry === 'freely',
      executed,
      detail: error.detail,
    }),
    retry,
    delayMs: error.name === 'OVERLOADED' ? error.detail : 0,
  }
}

/** The connection will not answer. `executed` is undefined for a ping, which executes nothing. */
export function failureOfEnd(
  what: string,
  executed: Executed | undefined,
  end: ConnectionEnd,
  cause: unknown,
): Failure {
  const hopeless = end.why === 'closed' || (end.why === 'error' && retryClass(end.error.code) === 'never')
  const retry = hopeless ? 'no' : executed === 'maybe' ? 'once' : 'freely'
  const advice = executed === undefined ? '' : ADVICE[executed]
  const detail = end.why === 'error' ? end.error.detail : 0
  return {
    error: new GreetError(`Cannot ${what}: ${reasonOf(end)}${advice}`, {
      code: codeOfEnd(end),
      source: 'connection',
      retryable: retry === 'freely',
      executed: executed ?? 'never',
      detail,
      cause,
    }),
    retry,
    delayMs: undefined,
  }
}

/** We refused a request or gave it up; it was not executed unless `description` says more. */
export function localError(what: string, reason: string, description: LocalDescription): GreetError {
  return new GreetError(`Cannot ${what}: ${reason}`, {
    source: 'client',
    executed: 'never',
    retryable: false,
    ...description,
  })
}

/** What describes an error of our own, where it differs from the usual. */
export type LocalDescription = Partial<GreetErrorDescription> & Pick<GreetErrorDescription, 'code'>

/** What ended a connection, as a clause. */
export function reasonOf(end: ConnectionEnd): string {
  if (end.why === 'error')
    return `the server ended the connection with ${codeOf(end.error)}${quoted(end.error.message)}`
  if (end.why === 'violation') return `the server broke the protocol: ${end.message}`
  if (end.why !== 'goodbye') return PLAIN_ENDS[end.why]
  const { name, reason, message } = end.goodbye
  return `the server said goodbye, ${name ?? `reason ${reason}`}${quoted(message)}`
}

/** What the transport says of its end, as a clause on one line. */
export function reasonOfTransport(error: Error & { readonly code?: string; readonly errors?: Error[] }): string {
  const { code = '', errors = [] } = error
  // When a host has several addresses and none connects, Node tells one error for each, and nothing of its own.
  const message = error.message || (errors[0]?.message ?? '')
  // Of error:<number>:<library>:<function>:<reason>:<file>:<line>… only the reason says anything to a reader.
  const told = /error:[0-9a-f]+:[^:]*:[^:]*:([^:\n]+)/i.exec(message)?.[1] ?? message
  return told.includes(code) ? told : `${told} (${code})`
}

/** The code of an error that the end of a connection caused. */
export function codeOfEnd(end: ConnectionEnd): GreetErrorCode {
  if (end.why === 'error') return codeOf(end.error)
  return END_CODES[end.why]
}

const RETRIES = { freely: 'freely', 'if-idempotent': 'once', later: 'no', never: 'no' } as const
const ADVICE = {
  never: '; it was not executed',
  maybe: '; it may have been executed; retry only what is harmless twice',
} as const
const PLAIN_ENDS = {
  fin: 'the server closed the connection',
  reset: 'the connection was reset',
  closed: 'the client closed the connection',
} as const
const END_CODES = {
  goodbye: 'GOODBYE',
  violation: 'BAD_SERVER',
  fin: 'CONNECTION_LOST',
  reset: 'CONNECTION_LOST',
  closed: 'CLIENT_CLOSED',
} as const

function codeOf(error: ReceivedError): GreetErrorCode {
  return error.name ?? `0x${error.code.toString(16).padStart(4, '0')}`
}

/** What an answer that is no greeting says about the greeter. */
function executedBefore({ name }: ReceivedError): GreetError['executed'] {
  if (name === 'INVALID_NAME' || name === 'NAME_TOO_LONG') return 'never'
  return name === 'GREETER_FAILED' || name === 'GREETER_TIMEOUT' || name === 'GREETING_TOO_LONG' ? 'yes' : 'maybe'
}

function adviceFor({ name, detail }: ReceivedError): string {
  if (name === 'NAME_TOO_LONG') return `; the limit is ${detail} bytes`
  if (name === 'GREETING_TOO_LONG') return `; the limit is ${detail} bytes, set maxPayload higher`
  if (name === 'OVERLOADED') return `; try again in ${detail} ms`
  return ''
}

function quoted(message: string): string {
  return message === '' ? '' : ` "${message}"`
}
