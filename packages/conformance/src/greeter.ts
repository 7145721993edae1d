/**
 * The conformance greeter, for adapters of implementations in TypeScript: an export that a server runs in its threads. Obeys
 * `~250~x`, `~busy250~x`, `~long5000~x`, `~throw~x`, `~hang~x` and `~exit~x`, and logs what it executes to the file that
 * the environment variable GREETWIRE_EXECUTION_LOG names.
 */
import { appendFileSync } from 'node:fs'

/** Greets a name, in the way that the name asks for. */
export default function conformanceGreeter(name: string): string | Promise<string> {
  const log = process.env['GREETWIRE_EXECUTION_LOG']
  if (log !== undefined && log !== '') appendFileSync(log, `${JSON.stringify(name)}\n`)
  const [, action, digits = ''] = /^~([a-z]*)(\d*)~/.exec(name) ?? []
  const count = Number(digits)
  const text = `Hello ${name}`
  switch (action) {
    case '':
      return count > 0 ? new Promise((resolve) => setTimeout(() => resolve(text), count)) : text
    case 'busy': {
      const until = performance.now() + count
      while (performance.now() < until);
      return text
    }
    case 'long':
      return 'x'.repeat(count)
    case 'throw':
      throw new Error(`the conformance greeter was told to throw by ${name}`)
    case 'hang':
      return new Promise(() => undefined)
    case 'exit':
      return process.exit(1)
    default:
      return text
  }
}
