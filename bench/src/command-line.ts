/** The command lines of the benchmark's programs: what is wrong with one is told in a line, and the program ends with 2. */

import { parseArgs, type ParseArgsConfig } from 'node:util'
import { missingRequirement } from './requirements.ts'

/** Reads options that take a value, and switches. `usage` is shown for --help, and behind what is wrong. */
export function readOptions<Name extends string, Switch extends string>(
  usage: string,
  names: readonly Name[],
  switches: readonly Switch[],
): Partial<Record<Name, string>> & Partial<Record<Switch, boolean>> {
  const types: NonNullable<ParseArgsConfig['options']> = Object.fromEntries([
    ...names.map((name) => [name, { type: 'string' }] as const),
    ...[...switches, 'help'].map((name) => [name, { type: 'boolean' }] as const),
  ])
  try {
    const values: Record<string, unknown> = parseArgs({ options: types }).values
    if (values['help'] !== true) return values as ReturnType<typeof readOptions<Name, Switch>>
  } catch (error) {
    return refuse(`${(error as Error).message}\n${usage}`)
  }
  console.log(usage)
  return process.exit(0)
}

/** A whole number, `byDefault` if there is none. */
export function wholeNumber(what: string, text: string | undefined, least: number, byDefault: number): number {
  if (text === undefined) return byDefault
  const value = Number(text)
  if (text.trim() !== '' && Number.isInteger(value) && value >= least) return value
  return refuse(`${what} is a whole number from ${least} on, not ${JSON.stringify(text)}`)
}

/** Ends the program if the machine lacks what the benchmark needs. */
export function requireMachine(): void {
  const missing = missingRequirement()
  if (missing === undefined) return
  console.error(`The benchmark needs Linux, gcc, taskset and two cores: ${missing}`)
  process.exit(1)
}

/** Ends the program because of its command line. */
export function refuse(message: string): never {
  console.error(message)
  process.exit(2)
}
