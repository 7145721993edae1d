/**
 * Reads the options of a command: from the command line, else from the environment, else the default of the schema.
 *
 * node:util splits the arguments; what is allowed is said by the schema. Every refusal is a CommandError for exit code 2.
 */

import { parseArgs, type ParseArgsConfig } from 'node:util'
import type { Static, TObject } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { CommandError } from './exit-codes.ts'
import type { Io } from './io.ts'
import { nearest } from './nearest.ts'
import { OPTION_KINDS } from './option-kind.ts'
import { describeOptions, type OptionDescription, typedFlag } from './option-schema.ts'
import { quotedText } from './printable-text.ts'

/** What the arguments of a command say. */
export interface ParsedOptions<Schema extends TObject> {
  readonly options: Static<Schema>
  readonly positionals: readonly string[]
  /** Whether `--help` or `-h` is among them; the rest was not judged then. */
  readonly help: boolean
}

/** Reads `args` and the environment by `schema`; `command` is what was typed, such as "greet serve", for messages. */
export function parseOptions<Schema extends TObject>(
  schema: Schema,
  args: readonly string[],
  environment: Io['environment'],
  command: string,
): ParsedOptions<Schema> {
  const descriptions = describeOptions(schema)
  const { tokens, positionals } = parseArgs({
    args: [...args],
    options: parseArgsOptions(descriptions),
    // Not strict, because the messages of parseArgs know neither our commands nor what a value may be.
    strict: false,
    allowNegative: true,
    allowPositionals: true,
    tokens: true,
  })
  const typed = tokens.filter((token) => token.kind === 'option')
  if (typed.some(({ name }) => name === 'help')) return { options: {}, positionals, help: true }

  const values = new Map<string, unknown>()
  for (const description of descriptions) {
    const text = environment[description.environment]
    // An empty variable counts as unset: it is how a shell unsets one for a single command.
    if (text) values.set(description.name, readValue(description, text, description.environment))
  }
  const counts = new Map<string, number>()
  for (const token of typed) {
    const description = descriptions.find(({ flag }) => flag === token.name)
    if (!description) throw unknownOption(token.rawName, descriptions, command)
    const { name, kind } = description
    if (kind === 'count') {
      refuseValue(description, token)
      // What is counted on the command line replaces what the environment says.
      counts.set(name, (counts.get(name) ?? 0) + 1)
      values.set(name, Math.min(counts.get(name) as number, description.schema['maximum'] as number))
    } else values.set(name, typedValue(description, token))
  }
  // Every value was checked where it came from, so that the message can name that place.
  return { options: Value.Default(schema, Object.fromEntries(values)) as Static<Schema>, positionals, help: false }
}

interface OptionToken {
  readonly name: string
  readonly rawName: string
  readonly value?: string | undefined
  readonly inlineValue?: boolean | undefined
}

function parseArgsOptions(descriptions: readonly OptionDescription[]): NonNullable<ParseArgsConfig['options']> {
  const options: NonNullable<ParseArgsConfig['options']> = { help: { type: 'boolean', short: 'h' } }
  for (const { flag, kind, short } of descriptions) {
    const type = kind === 'switch' || kind === 'count' ? 'boolean' : 'string'
    options[flag] = { type, multiple: true, ...(short === undefined ? {} : { short }) }
  }
  return options
}

function refuseValue({ flag }: OptionDescription, { rawName, value }: OptionToken): void {
  if (rawName.startsWith('--no-'))
    throw new CommandError('usage', `Cannot read ${rawName}: leave --${flag} out instead`)
  if (value !== undefined)
    throw new CommandError('usage', `Cannot read ${rawName}: it takes no value; repeat it for more`)
}

function typedValue(description: OptionDescription, { rawName, value, inlineValue }: OptionToken): unknown {
  if (description.kind === 'switch') {
    if (value !== undefined) throw new CommandError('usage', `Cannot read ${rawName}: it takes no value`)
    return !rawName.startsWith('--no-')
  }
  if (rawName.startsWith('--no-'))
    throw new CommandError('usage', `Cannot read ${rawName}: --${description.flag} takes a value`)
  // "--host --json" is a forgotten value, not a host with that name; "--host=--json" says it is meant.
  if (value === undefined || (!inlineValue && /^-./.test(value))) {
    throw new CommandError('usage', `Cannot read ${rawName}: it needs a value, ${description.allowed}`)
  }
  return readValue(description, value, rawName)
}

/** Turns the text of a value into the value; `where` is the flag or variable that holds it. */
function readValue(description: OptionDescription, text: string, where: string): unknown {
  const value = OPTION_KINDS[description.kind].read(text)
  if (value === undefined || !Value.Check(description.schema, value)) {
    throw new CommandError('usage', `Cannot read ${where}: ${quotedText(text)} is not ${description.allowed}`)
  }
  return value
}

function unknownOption(rawName: string, descriptions: readonly OptionDescription[], command: string): CommandError {
  const guess = nearest(rawName, descriptions.map(typedFlag))
  const advice = guess === undefined ? '' : `, did you mean ${guess}?`
  return new CommandError(
    'usage',
    `Cannot read ${quotedText(rawName)}: ${command} has no such option${advice}; see ${command} --help`,
  )
}
