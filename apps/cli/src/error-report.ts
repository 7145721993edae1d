/** Turns whatever a command threw into a message for people and the name of an exit code. */

import { UsageError } from '@greetwire/protocol'
import { ListenError } from '@greetwire/server-core'
import { CommandError, type ExitName } from './exit-codes.ts'

/** The exit code for a thrown error. */
export function exitOf(error: unknown): ExitName {
  if (error instanceof CommandError) return error.exit
  if (error instanceof UsageError) return 'usage'
  if (error instanceof ListenError) return 'unreachable'
  return 'failure'
}

/** The message for a thrown error; one that nobody foresaw comes with its stack, for a report. */
export function messageOf(error: unknown): string {
  if (exitOf(error) !== 'failure' && error instanceof Error) return error.message
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return `Unexpected failure, please report it: ${detail}`
}
