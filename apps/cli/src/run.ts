/**
 * Runs one command line in a given world and tells the exit code. It never throws and touches no process, so tests call it as main
 * does.
 */

import { findCommand, COMMANDS } from './command-table.ts'
import type { Command, ForwardingCommand } from './command.ts'
import { exitOf, messageOf } from './error-report.ts'
import { CommandError, EXIT_CODES, type ExitName } from './exit-codes.ts'
import { commandHelp, overviewHelp } from './help.ts'
import { type Io, OutputClosed, writeLine } from './io.ts'
import { painter } from './painter.ts'
import { parseOptions } from './parse-options.ts'
import { VERSION } from './version.ts'

/** Runs the command that `argv`, without program and script, asks for. */
export async function run(argv: readonly string[], io: Io): Promise<number> {
  const command = commandOf(argv[0])
  try {
    return await dispatch(command, argv, io)
  } catch (error) {
    // Whoever closed our stdout has what he wanted.
    if (error instanceof OutputClosed) return EXIT_CODES.ok.code
    const { red } = painter(io.stderr, io.environment)
    await writeLine(io.stderr, `${red('greet:')} ${messageOf(error, 'schema' in command ? command.schema : undefined)}`)
    return EXIT_CODES[exitOf(error)].code
  }
}

/** What is no command is a name: `greet Ada` is short for `greet name Ada`. */
function commandOf(first: string | undefined): Command | ForwardingCommand {
  return findCommand(first) ?? (findCommand('name') as Command)
}

async function dispatch(command: Command | ForwardingCommand, argv: readonly string[], io: Io): Promise<number> {
  const [first, ...rest] = argv
  if (first === '--help' || first === '-h' || first === 'help') return showHelp(rest[0], io)
  if (first === '--version' || first === '-V') {
    await writeLine(io.stdout, VERSION)
    return EXIT_CODES.ok.code
  }
  if (first === undefined) {
    await io.stderr.write(overviewHelp(COMMANDS))
    return EXIT_CODES.usage.code
  }
  return start(command, command.name === first ? rest : argv, io)
}

async function showHelp(name: string | undefined, io: Io): Promise<number> {
  const command = findCommand(name)
  if (name !== undefined && !command)
    throw new CommandError('usage', `Cannot help with "${name}": there is no such command`)
  await io.stdout.write(command ? commandHelp(command) : overviewHelp(COMMANDS))
  return EXIT_CODES.ok.code
}

async function start(command: Command | ForwardingCommand, args: readonly string[], io: Io): Promise<number> {
  if ('forward' in command) return exitCodeOf(await unlessInterrupted(command.forward(args, io), io.interrupted))
  const typed = `greet ${command.name}`
  const { options, positionals, help } = parseOptions(command.schema, args, io.environment, typed)
  if (help) return showHelp(command.name, io)

  const { least, most } = command.positionals ?? { least: 0, most: 0 }
  if (positionals.length < least)
    throw new CommandError('usage', `Cannot start ${typed}: something is missing. Usage: greet ${command.usage}`)
  if (positionals.length > most) {
    throw new CommandError(
      'usage',
      `Cannot read ${JSON.stringify(positionals[most])}: ${typed} takes nothing more. Usage: greet ${command.usage}`,
    )
  }
  const ending = command.run(options, positionals, io)
  const exit = await (command.endsItself ? ending : unlessInterrupted(ending, io.interrupted))
  return exitCodeOf(exit)
}

type Exit = ExitName | number

function exitCodeOf(exit: Exit): number {
  return typeof exit === 'number' ? exit : EXIT_CODES[exit].code
}

/** A command that is interrupted is left where it is: its sockets close with the process. */
async function unlessInterrupted(ending: Promise<Exit>, interrupted: AbortSignal): Promise<Exit> {
  const { promise, resolve } = Promise.withResolvers<Exit>()
  const give = (): void => resolve('interrupted')
  interrupted.addEventListener('abort', give, { once: true })
  if (interrupted.aborted) give()
  try {
    return await Promise.race([ending, promise])
  } finally {
    interrupted.removeEventListener('abort', give)
    // What an abandoned command still fails at is nobody's news.
    ending.catch(() => undefined)
  }
}
