/** Where the names to greet come from: the arguments, and for `-` the lines of stdin. */

import { CommandError } from '../exit-codes.ts'
import type { Io } from '../io.ts'
import { splitLines } from '../text-lines.ts'

/** A line of stdin that cannot be a name; it is left out and the others go on. */
export interface UnreadableLine {
  /** Its number, from 1. */
  readonly line: number
  readonly message: string
}

/**
 * The names, in order. A line ends at LF, a CR before it is dropped and empty lines are skipped, as on the plain text port; nothing
 * else is trimmed.
 */
export async function* inputNames(
  args: readonly string[],
  stdin: Io['stdin'],
  onUnreadable: (line: UnreadableLine) => void,
): AsyncGenerator<string> {
  if (args.filter((name) => name === '-').length > 1) {
    throw new CommandError('usage', 'Cannot read names from stdin twice: give - once')
  }
  for (const name of args) {
    if (name === '-') yield* namesOfLines(stdin, onUnreadable)
    else yield name
  }
}

async function* namesOfLines(stdin: Io['stdin'], onUnreadable: (line: UnreadableLine) => void): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  let line = 0
  for await (const bytes of splitLines(stdin, MAX_NAME_BYTES)) {
    line++
    if (bytes?.length === 0) continue
    const name = bytes && decoded(decoder, bytes)
    const why = bytes ? 'not well-formed UTF-8' : `longer than ${MAX_NAME_BYTES} bytes`
    if (name === undefined) onUnreadable({ line, message: `Cannot read line ${line}: it is ${why}` })
    else yield name
  }
}

function decoded(decoder: TextDecoder, bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes)
  } catch {
    return undefined
  }
}

// The highest maxName that a server can have.
const MAX_NAME_BYTES = 65_535
