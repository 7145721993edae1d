/** Finds the greeter that a source describes, inside the thread that is to run it. */

import { UsageError } from '@greetwire/protocol'
import { compileInline } from './compile-inline.ts'
import type { Greet } from './greeter.ts'
import type { GreeterSource } from './greeter-source.ts'
import { importFailure } from './import-failure.ts'

const PREFIX = 'Hello '
const CLASS = /^class\b/

/** Imports a module by its URL: `(url) => import(url)`. */
export type ImportModule = (url: string) => Promise<unknown>

/**
 * Loads a greeter. A module's export may be a function, an object with `greet`, or a class, which is instantiated once.
 *
 * Rejects with UsageError, which says what was found and what is allowed, if there is none.
 */
export async function loadGreeter(source: GreeterSource, importModule: ImportModule): Promise<Greet> {
  if (source.kind === 'built-in') return builtInGreeter
  if (source.kind === 'inline') return compileInline(source.source)
  const { url, export: name } = source
  let exports: unknown
  try {
    exports = await importModule(url)
  } catch (error) {
    throw new UsageError(`Cannot load the greeter from ${url}: ${importFailure(error)}`, { cause: error })
  }
  if (typeof exports !== 'object' || exports === null || !(name in exports)) {
    throw new UsageError(`Cannot load the greeter from ${url}: it has no export ${JSON.stringify(name)}`)
  }
  return greeterOf((exports as Record<string, unknown>)[name], `export ${JSON.stringify(name)} of ${url}`)
}

/** What stands in front of the name in every built-in greeting, in UTF-8. */
export const BUILT_IN_PREFIX: Uint8Array = Uint8Array.from(PREFIX, (letter) => letter.charCodeAt(0))

/** The greeting that a server makes without a greeter of its own. */
export function builtInGreeter(name: string): string {
  return PREFIX + name
}

function greeterOf(value: unknown, where: string): Greet {
  const greeter: unknown = isGreeterClass(value) ? construct(value, where) : value
  if (typeof greeter === 'function') return greeter as Greet
  const method = greetMethod(greeter)
  if (method) return (name) => method.call(greeter, name)
  throw new UsageError(
    `Cannot use the greeter: ${where} is ${typeof value}, allowed are a function, or an object or class with a method greet`,
  )
}

type GreeterClass = new () => unknown

function isGreeterClass(value: unknown): value is GreeterClass {
  if (typeof value !== 'function') return false
  // A class written as one cannot be called; one compiled to a function shows by its prototype.
  return CLASS.test(Function.prototype.toString.call(value)) || greetMethod(value.prototype) !== undefined
}

function construct(Greeter: GreeterClass, where: string): unknown {
  try {
    return new Greeter()
  } catch (error) {
    throw new UsageError(`Cannot use the greeter: ${where} is a class that cannot be constructed: ${String(error)}`, {
      cause: error,
    })
  }
}

function greetMethod(value: unknown): Greet | undefined {
  if (typeof value !== 'object' || value === null || !('greet' in value)) return undefined
  return typeof value.greet === 'function' ? (value.greet as Greet) : undefined
}
