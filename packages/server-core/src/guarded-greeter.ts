/**
 * Calls a greeter so that nothing it throws, rejects with or returns gets out as anything but a greeting or a failure.
 *
 * Failures are told in the log, where a greeter that fails a million times must not write a million lines.
 */

import { errorPlace } from './error-place.ts'
import type { Greet } from './greeter.ts'
import type { Log } from './log.ts'

/** A greeting, or null if the greeter failed. */
export type GreeterResult = string | null

/** Counts what a greeter did. */
export interface GreeterTally {
  greeted(count: number): void
  failed(): void
}

/** A greeter behind a guard. */
export class GuardedGreeter {
  readonly #greet: Greet
  readonly #inline: boolean
  readonly #tally: GreeterTally
  readonly #log: Log
  readonly #failures = new Map<string, number>()

  /** `inline` is whether the greeter was compiled from its source, so that it may lack names it saw where it was written. */
  constructor(greet: Greet, inline: boolean, tally: GreeterTally, log: Log) {
    this.#greet = greet
    this.#inline = inline
    this.#tally = tally
    this.#log = log
  }

  /** Greets. Allocates nothing for a greeter that answers at once; the promise for one that does not never rejects. */
  call(name: string): GreeterResult | Promise<GreeterResult> {
    try {
      // Not `this.#greet(name)`: a greeter is not to see the guard as its `this`.
      const greet = this.#greet
      const result: unknown = greet(name)
      if (typeof result !== 'string' && isThenable(result)) return this.#settle(result)
      return this.#judge(result)
    } catch (error) {
      return this.#fail(error)
    }
  }

  /** Counts greetings that were made without a call, because the greeter only puts a prefix in front. */
  countGreeted(count: number): void {
    this.#tally.greeted(count)
  }

  #settle(result: PromiseLike<unknown>): Promise<GreeterResult> {
    // A new promise takes the first settlement only, whatever a foreign `then` does.
    return new Promise<unknown>((resolve) => resolve(result)).then(
      (value) => this.#judge(value),
      (error: unknown) => this.#fail(error),
    )
  }

  #judge(value: unknown): GreeterResult {
    if (typeof value !== 'string') return this.#fail(`it returned ${typeof value}, not a string`)
    this.#tally.greeted(1)
    return value.length > LONGEST_USEFUL_GREETING ? value.slice(0, LONGEST_USEFUL_GREETING) : value
  }

  #fail(error: unknown): null {
    this.#tally.failed()
    try {
      const missing = this.#inline ? missingName(error) : undefined
      if (missing !== undefined) this.#tell(missing, ONCE)
      else this.#tell(`greeter failed: ${String(error).slice(0, MAX_DETAIL)}`, POWERS_OF_TEN, error)
    } catch {
      // What was thrown may itself throw when it is looked at.
      this.#tell('greeter failed: what it threw has no text', POWERS_OF_TEN)
    }
    return null
  }

  #tell(told: string, when: (count: number) => boolean, error?: unknown): void {
    // Lines that differ each time must not fill the memory.
    const line = this.#failures.has(told) || this.#failures.size < MAX_DISTINCT_LINES ? told : OTHER_FAILURES
    const count = (this.#failures.get(line) ?? 0) + 1
    this.#failures.set(line, count)
    if (!when(count)) return
    // What was compiled from its source is in no file, though Bun names the one that compiled it.
    const place = this.#inline ? '' : errorPlace(error)
    this.#log('error', `${line}${place}${count === 1 ? '' : ` (${count} times)`}`)
  }
}

/**
 * One unit over the longest payload of the protocol: a longer greeting is refused all the same, and need not be carried whole.
 */
const LONGEST_USEFUL_GREETING = 65_536

const MAX_DISTINCT_LINES = 100
const OTHER_FAILURES = 'greeter failed in yet another way'
const MAX_DETAIL = 500

const ONCE = (count: number): boolean => count === 1
const POWERS_OF_TEN = (count: number): boolean => Number.isInteger(Math.log10(count))

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    (typeof value === 'object' || typeof value === 'function') &&
    value !== null &&
    'then' in value &&
    typeof value.then === 'function'
  )
}

function missingName(error: unknown): string | undefined {
  if (!(error instanceof ReferenceError)) return undefined
  const name = MISSING_NAME.exec(error.message)?.[1]
  if (name === undefined) return undefined
  return `greeter uses \`${name}\`, which does not exist inside a thread; give it as module + export`
}

const MISSING_NAME = /^(\S+) is not defined$/
