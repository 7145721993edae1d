/**
 * Describes the options of a command from its TypeBox schema: flag, environment variable, kind, default and help all derive from it.
 *
 * A property may carry keywords of our own: `short`, a letter; `count`, for a flag that is repeated to get more of it; and
 * `placeholder`, what stands for the value in help.
 */

import { environmentName } from '@greetwire/server-core'
import { type TBoolean, type TInteger, type TObject, type TSchema, Type } from '@sinclair/typebox'
import { OPTION_KINDS, type OptionKind, optionKind } from './option-kind.ts'

/** One option of a command. */
export interface OptionDescription {
  /** Its name in the schema and in code: idleTimeoutMs. */
  readonly name: string
  /** Without dashes and unit: idle-timeout. A switch that is on by default is turned off by `--no-` and this. */
  readonly flag: string
  readonly short: string | undefined
  readonly environment: string
  readonly kind: OptionKind
  /** What is allowed, to follow "is not". */
  readonly allowed: string
  /** The stand-in for the value in help; empty if there is no value. */
  readonly placeholder: string
  readonly default: unknown
  readonly description: string
  readonly schema: TSchema
}

/** The options of a schema, in its order. */
export function describeOptions(schema: TObject): readonly OptionDescription[] {
  return Object.entries(schema.properties).map(([name, property]) => {
    const kind = optionKind(name, property)
    return {
      name,
      flag: flagOf(name),
      short: property['short'] as string | undefined,
      environment: environmentName(name),
      kind,
      allowed: OPTION_KINDS[kind].allowed(property),
      placeholder: OPTION_KINDS[kind].placeholder(property, name),
      default: property.default as unknown,
      description: asTyped(property.description ?? '', schema),
      schema: property,
    }
  })
}

/** The option as it is typed: `--port`, or `--no-text` for a switch that is on by default. */
export function typedFlag({ flag, default: byDefault }: OptionDescription): string {
  return byDefault === true ? `--no-${flag}` : `--${flag}`
}

/** `-v`: each socket stage by its name; `-vv`: every frame too. */
export const VERBOSE: TInteger = Type.Integer({
  minimum: 0,
  maximum: 2,
  default: 0,
  short: 'v',
  count: true,
  description: 'log each stage of a socket by its name; twice: also every frame, byte by byte',
})

/** `--json`: one event a line on stdout. */
export const JSON_EVENTS: TBoolean = Type.Boolean({
  default: false,
  description: 'print one event a line, each a JSON object',
})

/** The flag of an option, without dashes and unit: idle-timeout for idleTimeoutMs. */
export function flagOf(name: string): string {
  return name.replace(/Ms$/, '').replaceAll(/[A-Z]/g, (capital) => `-${capital.toLowerCase()}`)
}

/**
 * The text with the options of `schema` as they are typed: the packages name them as programs write them. A name without a capital
 * is a plain word, and what is quoted, an address or a path is left alone, because somebody typed it.
 */
export function asTyped(text: string, { properties }: TObject): string {
  return text.replaceAll(QUOTED_OR_WORD, (word) => {
    const name = word.replace(/^tls\.[a-z]/, (start) => `tls${start.slice(-1).toUpperCase()}`)
    return /[A-Z]/.test(name) && Object.hasOwn(properties, name) ? `--${flagOf(name)}` : word
  })
}

const QUOTED_OR_WORD = /"(?:[^"\\]|\\.)*"|[\w./-]+/g
