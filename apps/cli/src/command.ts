/** What a command of `greet` is: a name, its options as one schema, and a function of options and world. */

import type { Static, TObject } from '@sinclair/typebox'
import type { ExitName } from './exit-codes.ts'
import type { Io } from './io.ts'

/** What help shows of a command. */
export interface CommandDescription {
  readonly name: string
  /** One line for the list of commands. */
  readonly summary: string
  /** What to type, without `greet`: `serve [options]`. */
  readonly usage: string
  /** What help adds below the options, such as the shape of `--json`; lines of at most 100 characters. */
  readonly notes?: readonly string[]
}

/** A command whose arguments this package reads. */
export interface Command<Schema extends TObject = TObject> extends CommandDescription {
  readonly schema: Schema
  /** The fewest and the most arguments besides options. Default: none. */
  readonly positionals?: { readonly least: number; readonly most: number }
  /** Whether it ends by itself after SIGINT or SIGTERM. Otherwise it is abandoned, with exit code 130. Default false. */
  readonly endsItself?: boolean
  /** Returns the name of the exit code, or the code itself if another program decided it. */
  run(options: Static<Schema>, positionals: readonly string[], io: Io): Promise<ExitName | number>
}

/** A command that hands all its arguments to another program's main function. */
export interface ForwardingCommand extends CommandDescription {
  forward(args: readonly string[], io: Io): Promise<number>
}

/** Makes a command; the types of its options come from its schema. */
export function defineCommand<Schema extends TObject>(command: Command<Schema>): Command {
  return command
}
