/** What is wrong with a module that does not load. */

import { errorPlace } from './error-place.ts'

/** One line on what an import threw: the first error, since Bun throws several as one, and its place. */
export function importFailure(error: unknown): string {
  const first: unknown = error instanceof AggregateError ? (error.errors[0] ?? error) : error
  const place = errorPlace(first)
  const told = `${String(first)}${place}`
  return first instanceof SyntaxError && place === '' ? `${told}; run the module with node to see the line` : told
}
