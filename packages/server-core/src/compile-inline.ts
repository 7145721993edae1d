/**
 * Turns the source of a function back into a function, without anything the original could see outside itself.
 *
 * It is compiled in strict mode, as the code of every module is.
 */

import { UsageError } from '@greetwire/protocol'
import type { Greet } from './greeter.ts'

const ADVICE = 'give the greeter as module + export'

/**
 * Compiles an arrow function, a function or a method, async or not. Runs nothing of it.
 *
 * Throws UsageError if it does not compile, or is a class, a generator or a native function.
 */
export function compileInline(source: string): Greet {
  if (NATIVE_BODY.test(source)) throw refusal('it is native or bound, so it has no source to send to a thread')
  if (CLASS.test(source)) throw refusal('it is a class')
  const compiled = evaluate(source)
  if (typeof compiled !== 'function') throw refusal('its source is not that of a function')
  if (GENERATOR.test(Object.prototype.toString.call(compiled))) throw refusal('it is a generator')
  return compiled as Greet
}

/** A method reads as `greet(name) {…}`, which is a function only inside an object. */
function evaluate(source: string): unknown {
  let error: unknown
  try {
    return run(`return (${source}\n)`)
  } catch (asExpression) {
    error = asExpression
  }
  try {
    const object = run(`return ({ ${source}\n})`) as object
    const [method] = Object.values(Object.getOwnPropertyDescriptors(object))
    return method?.value
  } catch {
    throw refusal(`its source does not compile (${String(error)})`)
  }
}

function run(body: string): unknown {
  // Compiling text is what an inline greeter asks for; the text is the user's own function.
  // oxlint-disable-next-line typescript/no-implied-eval
  const compiled = new Function(`'use strict'; ${body}`) as () => unknown
  return compiled()
}

function refusal(why: string): UsageError {
  return new UsageError(`Cannot use the inline greeter: ${why}; ${ADVICE}`)
}

const NATIVE_BODY = /\{\s*\[native code\]\s*\}\s*$/
const CLASS = /^class\b/
const GENERATOR = /Generator/
