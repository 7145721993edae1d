/** What a simulated greeter does is written in the name: `<behaviour> <milliseconds> <connection>/<id>`. */

/** How a greeter behaves. */
export const BEHAVIOURS = [
  'ok',
  'block',
  'later',
  'throw',
  'reject',
  'number',
  'surrogate',
  'large',
  'long',
  'never',
  'hang',
  'kill',
] as const

export type Behaviour = (typeof BEHAVIOURS)[number]

/** A request as its name tells it. */
export interface PlannedGreeting {
  readonly behaviour: Behaviour
  readonly ms: number
  /** Connection and id, unique in a history. */
  readonly key: string
}

export function nameOf({ behaviour, ms, key }: PlannedGreeting): string {
  return `${behaviour} ${ms} ${key}`
}

export function readName(name: string): PlannedGreeting {
  const [behaviour, ms, key] = name.split(' ')
  return { behaviour: behaviour as Behaviour, ms: Number(ms), key: key! }
}

/** The greeting of a greeter that does not fail; a large one just fits what every client takes. */
export function greetingOf(name: string): string {
  const greeting = `Hello ${name}`
  return readName(name).behaviour === 'large' ? greeting.padEnd(LARGEST_GREETING, '.') : greeting
}

/** The bytes of the largest greeting there is. */
export const LARGEST_GREETING = 4_000

/** One call of a greeter. */
export interface Execution {
  readonly key: string
  readonly thread: { readonly diedAt: number | undefined }
  readonly startedAt: number
  /** When it let go, if it did. */
  endedAt: number | undefined
}
