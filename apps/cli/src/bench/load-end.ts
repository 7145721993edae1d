/** Why a connection of the load ended: as a clause for people, and as the exit code if that was the last of them. */

import { GreetError, type Target } from '@greetwire/client'
import type { ConnectionEnd, ReceivedError } from '@greetwire/protocol'
import { CommandError, type ExitName } from '../exit-codes.ts'
import { printableText } from '../printable-text.ts'

/** The end of a connection. */
export interface LoadEnd {
  readonly reason: string
  readonly exit: ExitName
  /** What the transport said, if it was that which failed. */
  readonly cause?: Error
}

/** What the protocol says of an end. */
export function loadEnd(end: ConnectionEnd): LoadEnd {
  if (end.why === 'error') return { reason: `the server answered ${errorText(end.error)}`, exit: 'answered' }
  if (end.why === 'violation')
    return { reason: printableText(`the server broke the protocol: ${end.message}`), exit: 'violation' }
  return { reason: REASONS[end.why], exit: 'unreachable' }
}

/** The error for a connection that ended before it stood. */
export function openError({ text }: Target, { reason, exit, cause }: LoadEnd): Error {
  if (!cause) return new CommandError(exit, `Cannot connect to ${text}: ${reason}`)
  const message = `Cannot connect to ${text}: ${cause.message}`
  return new GreetError(message, {
    code: 'CONNECT_FAILED',
    source: 'connection',
    retryable: false,
    executed: 'never',
    cause,
  })
}

/** The name of an error, or its number if it has none. */
export function errorText({ name, code }: ReceivedError): string {
  return name ?? `0x${code.toString(16).padStart(4, '0')}`
}

const REASONS = {
  goodbye: 'the server said goodbye',
  fin: 'the server closed the connection',
  reset: 'the connection was reset',
  closed: 'the load closed the connection',
} as const
