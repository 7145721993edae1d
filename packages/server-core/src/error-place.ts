/**
 * Where in a file an error came about, which the runtimes know but do not write into the message: Bun has `position` for errors of
 * syntax, Node puts those of TypeScript in front of the stack, and of JavaScript tells them only when a process dies of it.
 */

/** The file and line of an error, behind a comma, or nothing where it is not known: `, at file:///greeter.ts:3:8`. */
export function errorPlace(error: unknown): string {
  if (typeof error !== 'object' || error === null) return ''
  const { position, stack } = error as Positioned
  // Others have a `position` too: a database, that in the query.
  if (typeof position?.file === 'string') return `, at ${position.file}:${position.line}:${position.column}`
  if (typeof stack !== 'string') return ''
  const place = PLACE_IN_FRONT.exec(stack) ?? PLACE_OF_A_FRAME.exec(firstFrame(stack) ?? '')
  return place ? `, at ${place[1]}` : ''
}

/** What errors of the runtimes may have. */
interface Positioned {
  readonly position?: { readonly file: string; readonly line: number; readonly column: number } | null
  readonly stack?: unknown
}

/** The innermost frame that is not the runtime's own; behind `async` come those who wait. */
function firstFrame(stack: string): string | undefined {
  return stack.split('\n').find((line) => /^ +at (?!async |.*\bnode:|.*\(native)/.test(line))
}

const PLACE_IN_FRONT = /^((?:\/|[A-Z]:\\).*:\d+)\n/
const PLACE_OF_A_FRAME = /(?:\(| )((?:file:|\/|[A-Z]:\\)[^()]*:\d+:\d+)\)?$/
