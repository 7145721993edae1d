/** Short forms in which the catalogue of the server role is written. */
import { Unsupported } from '../../wire/failure.ts'
import { OVERFULL_BYTES } from '../buffers.ts'
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

/** What a case needs whose names say how long their greeting takes. */
export const delayed = { needs: ['process', 'conformance-greeter'], options: { greeter: 'conformance' } } as const

/** The same with few places, so that a connection is soon full. */
export const few = {
  needs: ['process', 'conformance-greeter'],
  options: { greeter: 'conformance', maxInFlight: 4 },
} as const

/** And where the case must know what was executed. */
export const fewLogged = {
  needs: ['process', 'conformance-greeter', 'execution-log'],
  options: { greeter: 'conformance', maxInFlight: 4 },
} as const

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

/**
 * Names of up to `longest` bytes, together more than the buffers of both systems hold. Where maxName is so small that they
 * are not, the report says so.
 */
export function overfullNames(test: ServerTest, longest = 1_000): Map<number, string> {
  const size = Math.min(test.limits.maxName, longest)
  const count = Math.min(MOST_NAMES, Math.ceil(OVERFULL_BYTES / size))
  if (count * size < OVERFULL_BYTES)
    test.note(`${count} names of maxName (${size}) may not be more than the buffers of both systems hold`)
  const text = 'r'.repeat(size)
  return new Map(Array.from({ length: count }, (_, index) => [index + 1, text]))
}

function define(level: Level, id: string, title: string, spec: string, run: Run, more: More): ServerCase {
  return { id, title, spec: spec.split(' '), level, run, ...more }
}

/** Fewer than the 65,536 waiting requests for which a server has room, so that none is rightly OVERLOADED. */
const MOST_NAMES = 40_000
