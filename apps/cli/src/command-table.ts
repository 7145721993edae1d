/** The list of commands; help, dispatch and guesses at typing errors derive from it. */

import type { Command, ForwardingCommand } from './command.ts'
import { benchCommand } from './commands/bench.ts'
import { conformanceCommand } from './commands/conformance.ts'
import { decodeCommand } from './commands/decode.ts'
import { doctorCommand } from './commands/doctor.ts'
import { nameCommand } from './commands/name.ts'
import { pingCommand } from './commands/ping.ts'
import { serveCommand } from './commands/serve.ts'

/** Every command, in the order in which help lists them. */
export const COMMANDS: readonly (Command | ForwardingCommand)[] = [
  nameCommand,
  serveCommand,
  pingCommand,
  benchCommand,
  decodeCommand,
  doctorCommand,
  conformanceCommand,
]

/** The command of this name. */
export function findCommand(name: string | undefined): Command | ForwardingCommand | undefined {
  return COMMANDS.find((command) => command.name === name)
}
