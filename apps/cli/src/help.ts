/** Writes the help of `greet` and of each command; options, defaults and environment variables come from the schemas. */

import type { Command, CommandDescription, ForwardingCommand } from './command.ts'
import { EXIT_CODES } from './exit-codes.ts'
import { describeOptions, type OptionDescription, typedFlag } from './option-schema.ts'

/** What `greet --help` prints. */
export function overviewHelp(commands: readonly CommandDescription[]): string {
  const widest = Math.max(...commands.map(({ usage }) => usage.length))
  return lines([
    'Greetwire: a client sends a name over TCP, the server replies Hello <name>.',
    '',
    'Usage:',
    ...commands.map(({ usage, summary }) => `  greet ${usage.padEnd(widest)}  ${summary}`),
    '',
    'To start:',
    '  greet serve                  start a server on tcp://127.0.0.1:4356',
    '  greet Ada                    in a second terminal: Hello Ada',
    '  greet Ada -vv                the same, with every frame annotated byte by byte',
    '  greet -- serve               greet somebody whose name is a command',
    '',
    'Every option can be set by an environment variable, except those of greet conformance; greet COMMAND --help names both.',
    'Data goes to stdout, everything else to stderr. NO_COLOR turns colour off. --version prints the version.',
    '',
    'Exit codes:',
    ...Object.values(EXIT_CODES).map(({ code, meaning }) => `  ${String(code).padStart(3)}  ${meaning}`),
  ])
}

/** What `greet COMMAND --help` prints. */
export function commandHelp(command: Command | ForwardingCommand): string {
  const options = 'schema' in command ? describeOptions(command.schema) : []
  return lines([
    `${command.summary[0]?.toUpperCase()}${command.summary.slice(1)}`,
    '',
    `Usage: greet ${command.usage}`,
    ...(options.length > 0 ? ['', 'Options:', ...options.flatMap(optionHelp)] : []),
    ...(command.notes ? ['', ...command.notes] : []),
  ])
}

function optionHelp(option: OptionDescription): string[] {
  const short = option.short === undefined ? '    ' : `-${option.short}, `
  const flag = [typedFlag(option), option.placeholder].filter(Boolean).join(' ')
  const byDefault =
    typeof option.default === 'boolean' || option.default === undefined ? '' : ` [${shownDefault(option)}]`
  const text = `${option.description}${byDefault}`
  const environment = option.default === true ? `${option.environment}=0` : option.environment
  return [`  ${short}${flag}`, `        ${text}`, `        ${environment}`]
}

function shownDefault({ kind, default: value }: OptionDescription): string {
  if (kind !== 'duration') return String(value)
  return (value as number) % 1_000 === 0 ? `${(value as number) / 1_000}s` : `${String(value)}ms`
}

function lines(all: readonly string[]): string {
  return `${all.join('\n')}\n`
}
