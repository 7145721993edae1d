/**
 * Describes the options of a command from its TypeBox schema: flag, environment variable, kind, default and help all derive from it.
 *
 * A property may carry keywords of our own: `short`, a letter; `count`, for a flag that is repeated to get more of it; and
 * `placeholder`, what stands for the value in help.
 */

import { environmentName } from '@greetwire/server-core'
import { type TInteger, type TObject, type TSchema, Type } from '@sinclair/typebox'

/** How the value of an option is written. A `switch` has no value, a `count` is a switch that is repeated. */
export type OptionKind = 'switch' | 'count' | 'integer' | 'duration' | 'choice' | 'text'

/** One option of a command. */
export interface OptionDescription {
  /** Its name in the schema and in code: idleTimeoutMs. */
  readonly name: string
  /** Without dashes and unit: idle-timeout. A switch that is on by default is turned off by `--no-` and this. */
  readonly flag: string
  readonly short: string | undefined
  readonly environment: string
  readonly kind: OptionKind
  /** What is allowed, to follow "is not": an integer from 0 to 65535. */
  readonly allowed: string
  /** The stand-in for the value in help: PORT. Empty for switches. */
  readonly placeholder: string
  readonly default: unknown
  readonly description: string
  readonly schema: TSchema
}

/** The options of a schema in its order. */
export function describeOptions(schema: TObject): readonly OptionDescription[] {
  return Object.entries(schema.properties).map(([name, property]) => {
    const kind = kindOf(name, property)
    return {
      name,
      flag: flagOf(name),
      short: property['short'] as string | undefined,
      environment: environmentName(name),
      kind,
      allowed: allowedOf(kind, property),
      placeholder: placeholderOf(kind, name, property),
      default: property.default,
      description: property.description ?? '',
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

function kindOf(name: string, property: TSchema): OptionKind {
  if (property['anyOf']) return 'choice'
  if (property['type'] === 'boolean') return 'switch'
  if (property['type'] !== 'integer') return 'text'
  if (property['count']) return 'count'
  return name.endsWith('Ms') ? 'duration' : 'integer'
}

function flagOf(name: string): string {
  return name.replace(/Ms$/, '').replaceAll(/[A-Z]/g, (capital) => `-${capital.toLowerCase()}`)
}

function choices(property: TSchema): string[] {
  return (property['anyOf'] as TSchema[]).map((choice) => String(choice['const']))
}

function allowedOf(kind: OptionKind, property: TSchema): string {
  const { minimum, maximum } = property as { minimum?: number; maximum?: number }
  switch (kind) {
    case 'choice':
      return choices(property).join(', ').replace(/, ([^,]*)$/, ' or $1')
    case 'duration':
      return 'a time such as 250ms, 5s or 2m'
    case 'switch':
      return '1 or 0'
    case 'integer':
    case 'count':
      return `an integer from ${minimum} to ${maximum}`
    case 'text':
      return 'a text that is not empty'
  }
}

function placeholderOf(kind: OptionKind, name: string, property: TSchema): string {
  switch (kind) {
    case 'switch':
    case 'count':
      return ''
    case 'choice':
      return choices(property).join('|')
    case 'duration':
      return 'TIME'
    case 'integer':
      return /port$/i.test(name) ? 'PORT' : 'N'
    case 'text':
      return (property['placeholder'] as string | undefined) ?? name.toUpperCase()
  }
}
