/** A greeter as it crosses to a thread: its address or its text, because functions do not cross threads. */

import { UsageError } from '@greetwire/protocol'
import { type Static, Type } from '@sinclair/typebox'
import { compileInline } from './compile-inline.ts'
import type { GreeterOption } from './greeter.ts'

/** Where a thread finds its greeter. */
export const GREETER_SOURCE_SCHEMA = Type.Union([
  Type.Object({ kind: Type.Literal('module'), url: Type.String(), export: Type.String() }),
  Type.Object({ kind: Type.Literal('inline'), source: Type.String() }),
  Type.Object({ kind: Type.Literal('built-in') }),
])

/** Where a thread finds its greeter: a module's export, a source text, or `Hello ` + name. */
export type GreeterSource = Static<typeof GREETER_SOURCE_SCHEMA>

/**
 * Describes a greeter for a thread; the built-in one if `option` is undefined.
 *
 * Throws UsageError for an inline function that has no source (native, bound), does not compile on its own, or is no plain
 * function, and for an option that is none of the three forms. A module is looked at in the thread only.
 */
export function greeterSource(option: GreeterOption | undefined): GreeterSource {
  if (option === undefined) return { kind: 'built-in' }
  if (typeof option === 'function') {
    const source = Function.prototype.toString.call(option)
    compileInline(source)
    return { kind: 'inline', source }
  }
  if (typeof option === 'object' && option !== null) {
    if ('module' in option) return moduleSource(option.module, option.export ?? 'default')
    if ('href' in option) return moduleSource(option, 'default')
  }
  throw new UsageError(
    `Cannot use the greeter: it is ${quote(option)}, allowed are a function, a URL or { module, export }`,
  )
}

function moduleSource(module: unknown, name: unknown): GreeterSource {
  const url = typeof module === 'object' && module !== null && 'href' in module ? module.href : module
  if (typeof url !== 'string' || !ABSOLUTE_URL.test(url)) {
    throw new UsageError(
      `Cannot use the greeter: module is ${quote(url)}, allowed is an absolute URL such as new URL('./greeter.ts', import.meta.url)`,
    )
  }
  if (typeof name !== 'string') {
    throw new UsageError(`Cannot use the greeter: export is ${quote(name)}, allowed is the name of an export`)
  }
  return { kind: 'module', url, export: name }
}

function quote(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value) : String(value)
}

const ABSOLUTE_URL = /^[a-z][a-z0-9+.-]*:/i
