/** What a caller gives to `greetAll`, checked and complete. */

import { UsageError } from '@greetwire/protocol'

/** How `greetAll` works on its names. */
export interface GreetAllOptions {
  /** The most names on their way at once. Default: the client's `maxInFlight`. */
  readonly concurrency?: number
  /** Whether results come in the order of their names, or as they arrive. Default `input`. */
  readonly order?: 'input' | 'arrival'
  /** Whether the first error ends the iteration by being thrown, or errors come as results. Default `throw`. */
  readonly errors?: 'throw' | 'yield'
  /** How long each request may take, in milliseconds, 0 for ever. Default: the client's `timeoutMs`. */
  readonly timeoutMs?: number
  /** Whether a request that may have been executed is sent again, once. Default false. */
  readonly idempotent?: boolean
  /** Ends the iteration by throwing; what is on its way is cancelled. */
  readonly signal?: AbortSignal
}

/** The same options with every default filled in. */
export interface GreetAllSetup {
  readonly concurrency: number
  readonly ordered: boolean
  readonly throws: boolean
  readonly timeoutMs: number
  readonly idempotent: boolean
  readonly signal: AbortSignal | undefined
}

/** Fills in every default. Throws UsageError for names that are no sequence, and for a concurrency that is none. @internal */
export function greetAllSetup(
  names: unknown,
  options: GreetAllOptions,
  { maxInFlight, timeoutMs }: { readonly maxInFlight: number; readonly timeoutMs: number },
): GreetAllSetup {
  // A string is a sequence of strings too; to greet each of its characters is never what was meant.
  if (typeof names === 'string')
    throw new UsageError('Cannot greet all: names is a string; put the name in a list, or use greet')
  const sequence = typeof names === 'object' && names !== null
  if (!sequence || !(Symbol.asyncIterator in names || Symbol.iterator in names))
    throw new UsageError(`Cannot greet all: names is of type ${typeof names}, allowed is an iterable of strings`)
  const { concurrency = maxInFlight, order = 'input', errors = 'throw', idempotent = false, signal } = options
  if (!Number.isInteger(concurrency) || concurrency < 1)
    throw new UsageError(`Cannot greet all: concurrency is ${concurrency}, allowed is an integer from 1`)
  return { concurrency, ordered: order === 'input', throws: errors === 'throw', timeoutMs, idempotent, signal }
}
