/** The kinds of value an option can have: how each is told from its schema, read from text and named in help. */

import type { TSchema } from '@sinclair/typebox'

/** How the value of an option is written. A `switch` has no value, a `count` is a switch that is repeated. */
export type OptionKind = 'switch' | 'count' | 'integer' | 'duration' | 'choice' | 'text'

/** What belongs to one kind. */
export interface KindRules {
  /** What is allowed, to follow "is not": an integer from 0 to 65535. */
  allowed(schema: TSchema): string
  /** The stand-in for the value in help: PORT. Empty if there is no value. */
  placeholder(schema: TSchema, name: string): string
  /** Turns text into a value, which the schema then judges; undefined if that cannot be. */
  read(text: string): unknown
}

/** Tells the kind of the option called `name` from its schema. */
export function optionKind(name: string, schema: TSchema): OptionKind {
  if (schema['anyOf']) return 'choice'
  if (schema['type'] === 'boolean') return 'switch'
  if (schema['type'] !== 'integer') return 'text'
  if (schema['count']) return 'count'
  return name.endsWith('Ms') ? 'duration' : 'integer'
}

/** The rules of every kind. */
export const OPTION_KINDS: Readonly<Record<OptionKind, KindRules>> = {
  switch: {
    allowed: () => '1 or 0',
    placeholder: () => '',
    read: (text) => SWITCH_TEXTS.get(text.toLowerCase()),
  },
  count: { allowed: integerRange, placeholder: () => '', read: readInteger },
  integer: {
    allowed: integerRange,
    placeholder: (_, name) => (/port$/i.test(name) ? 'PORT' : 'N'),
    read: readInteger,
  },
  duration: {
    allowed: timeRange,
    placeholder: () => 'TIME',
    read: readMilliseconds,
  },
  choice: {
    allowed: (schema) =>
      choices(schema)
        .join(', ')
        .replace(/, ([^,]*)$/, ' or $1'),
    placeholder: (schema) => choices(schema).join('|'),
    read: (text) => text,
  },
  text: {
    allowed: ({ maxLength }) =>
      maxLength === undefined ? 'a text that is not empty' : `a text of at most ${String(maxLength)} characters`,
    placeholder: (schema, name) => (schema['placeholder'] as string | undefined) ?? name.toUpperCase(),
    read: (text) => text,
  },
}

function integerRange(schema: TSchema): string {
  return `an integer from ${String(schema['minimum'])} to ${String(schema['maximum'])}`
}

function timeRange({ minimum, maximum }: TSchema): string {
  const range = `a time from ${minimum || 1}ms to ${String(maximum)}ms, such as 250ms, 5s or 2m`
  return minimum === 0 ? `0 or ${range}` : range
}

function readInteger(text: string): number | undefined {
  return /^\d+$/.test(text) ? Number(text) : undefined
}

/**
 * A number without a unit is milliseconds, as in the names of the variables: GREETWIRE_IDLE_TIMEOUT_MS. Only a 0 is read as 0: it turns
 * a timer off, which is not what somebody wants who writes a short time.
 */
function readMilliseconds(text: string): number | undefined {
  const [, amount, unit = 'ms'] = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text) ?? []
  const milliseconds = Number(amount) * (UNIT_MS.get(unit) as number)
  const whole = Math.round(milliseconds)
  return Number.isNaN(whole) || (whole === 0 && milliseconds > 0) ? undefined : whole
}

function choices(schema: TSchema): string[] {
  return (schema['anyOf'] as TSchema[]).map((choice) => String(choice['const']))
}

const UNIT_MS = new Map([
  ['ms', 1],
  ['s', 1_000],
  ['m', 60_000],
  ['h', 3_600_000],
])

const SWITCH_TEXTS = new Map([
  ['1', true],
  ['true', true],
  ['yes', true],
  ['0', false],
  ['false', false],
  ['no', false],
])
