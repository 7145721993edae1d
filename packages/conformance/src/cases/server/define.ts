/** Short forms in which the catalogue of the server role is written. */
import { Unsupported } from '../../wire/failure.ts'
import type { Level } from '../../run/case.ts'
import type { ServerCase } from '../../run/server-bench.ts'
import type { ServerTest } from '../../run/server-test.ts'

type More = Partial<Pick<ServerCase, 'needs' | 'options' | 'ownTarget' | 'variants' | 'timed'>>
type Run = ServerCase['run']

/** A case that judges MUST requirements; `spec` is their ids with spaces between. */
export function must(id: string, title: string, spec: string, run: Run, more: More = {}): ServerCase {
  return define('M', id, title, spec, run, more)
}

/** A case that judges SHOULD requirements, or quality: it fails only under --strict. */
export function should(id: string, title: string, spec: string, run: Run, more: More = {}): ServerCase {
  return define('S', id, title, spec, run, more)
}

/** A case that measures and never fails. */
export function inform(id: string, title: string, spec: string, run: Run, more: More = {}): ServerCase {
  return define('I', id, title, spec, run, more)
}

/** Skips a case that needs longer names than the target allows. */
export function needName(test: ServerTest, bytes: number): void {
  if (test.limits.maxName < bytes)
    throw new Unsupported(`needs maxName of at least ${bytes}, the target has ${test.limits.maxName}`)
}

/** A name of at most maxName bytes that differs from its neighbours as far as that allows. */
export function nameFor(test: ServerTest, index: number): string {
  const letter = String.fromCharCode(0x61 + (index % 26))
  return `${letter}${index}`.slice(0, test.limits.maxName)
}

/** Names for ids 1 to `count`. */
export function namesFor(test: ServerTest, count: number): Map<number, string> {
  return new Map(Array.from({ length: count }, (_, index) => [index + 1, nameFor(test, index + 1)]))
}

function define(level: Level, id: string, title: string, spec: string, run: Run, more: More): ServerCase {
  return { id, title, spec: spec.split(' '), level, run, ...more }
}
