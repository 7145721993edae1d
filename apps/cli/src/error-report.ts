/** Turns whatever a command threw into a message for people and the name of an exit code. */

import { GreetError, type LocalErrorCode } from '@greetwire/client'
import { UsageError } from '@greetwire/protocol'
import { ListenError } from '@greetwire/server-core'
import { type TObject, Type } from '@sinclair/typebox'
import { CommandError, type ExitName } from './exit-codes.ts'
import { asTyped } from './option-schema.ts'
import { printableText } from './printable-text.ts'

/** The exit code for a thrown error. */
export function exitOf(error: unknown): ExitName {
  if (error instanceof CommandError) return error.exit
  if (error instanceof UsageError) return 'usage'
  if (error instanceof ListenError) return 'unreachable'
  // Every other code is one that a server answers with.
  if (error instanceof GreetError) return LOCAL_EXITS[error.code as LocalErrorCode] ?? 'answered'
  return 'failure'
}

/**
 * The message for a thrown error, safe to show, with the options of the command, `schema`, as they are typed. An error that nobody
 * foresaw comes with its stack, for a report.
 */
export function messageOf(error: unknown, schema: TObject = NO_OPTIONS): string {
  if (error instanceof GreetError) return printableText(asTyped(greetErrorMessage(error), schema))
  if (error instanceof CommandError || (error instanceof Error && exitOf(error) !== 'failure'))
    return printableText(asTyped(error.message, schema))
  return `Unexpected failure, please report it: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`
}

const LOCAL_EXITS: Partial<Record<string, ExitName>> & Record<LocalErrorCode, ExitName> = {
  CONNECT_FAILED: 'unreachable',
  CONNECTION_LOST: 'unreachable',
  GOODBYE: 'unreachable',
  BAD_SERVER: 'violation',
  TIMED_OUT: 'timeout',
  ABORTED: 'interrupted',
  CLIENT_CLOSED: 'failure',
  QUEUE_FULL: 'failure',
}

/** The client speaks to programs; a person at a terminal needs to know what to type. */
function greetErrorMessage({ code, message, cause }: GreetError): string {
  const systemCode = (cause as NodeJS.ErrnoException | undefined)?.code
  const cannot = /^Cannot connect to \S+:/.exec(message)?.[0]
  if (code === 'CONNECT_FAILED' && cannot !== undefined && NOTHING_LISTENS.has(systemCode)) {
    return `${cannot} nothing listens there; start one with: npx greet serve`
  }
  // We take the longest greetings that there are.
  return code === 'GREETING_TOO_LONG' ? message.replace(/, set maxPayload higher$/, '') : message
}

const NO_OPTIONS = Type.Object({})

const NOTHING_LISTENS: ReadonlySet<string | undefined> = new Set(['ECONNREFUSED', 'ENOENT'])
