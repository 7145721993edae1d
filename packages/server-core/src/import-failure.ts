/**
 * What is wrong with a module that does not load, and where.
 *
 * The runtimes know the place but keep it apart from the message: Bun in `position`, with several errors in one; Node in front
 * of the stack for TypeScript, and for JavaScript only in what it prints when a process dies of it.
 */

/** One line on what an import threw: the first error, and its place where it is known. */
export function importFailure(error: unknown): string {
  const first: unknown = error instanceof AggregateError ? (error.errors[0] ?? error) : error
  const place = placeOf(first)
  if (place !== undefined) return `${String(first)}, at ${place}`
  return first instanceof SyntaxError ? `${String(first)}; run the module with node to see the line` : String(first)
}

/** What Bun's errors of a build have, none of which is in its types for Error. */
interface Positioned {
  readonly position?: { readonly file: string; readonly line: number; readonly column: number } | null
  readonly stack?: unknown
}

function placeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined
  const { position, stack } = error as Positioned
  if (position) return `${position.file}:${position.line}:${position.column}`
  if (typeof stack !== 'string') return undefined
  return (PLACE_IN_FRONT.exec(stack) ?? FIRST_FRAME_OF_A_FILE.exec(stack))?.[1]
}

const PLACE_IN_FRONT = /^((?:\/|[A-Z]:\\).*:\d+)$/m
/** Frames that wait are those of who imports the module. */
const FIRST_FRAME_OF_A_FILE = /^ +at (?!async )(?:.*\()?((?:file:|\/|[A-Z]:\\)[^()\n]*:\d+:\d+)\)?$/m
