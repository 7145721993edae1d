/**
 * The greeter that the conformance suite asks for: `~250~x` takes 250 ms, `~busy250~x` takes them from its thread, `~long5000~x` is
 * answered by 5,000 bytes, `~throw~x`, `~hang~x` and `~exit~x` do what they say; any other name gets `Hello ` + name.
 */

import { appendFileSync } from 'node:fs'

/** Makes the greeter; each name that it executes is appended to the file `executionLog`, if there is one. */
export function conformanceGreeter(executionLog?: string): (name: string) => string | Promise<string> {
  return (name) => {
    if (executionLog) appendFileSync(executionLog, `${JSON.stringify(name)}\n`)
    const [, action = '', digits = ''] = /^~([a-z]*)(\d*)~/.exec(name) ?? []
    const count = Number(digits)
    if (action === 'throw') throw new Error('the name asked for it')
    if (action === 'long') return 'x'.repeat(count)
    if (action === 'hang') return new Promise(() => {})
    if (action === 'exit') process.exit(1)
    if (action === 'busy') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, count)
    if (action === '' && count > 0) return new Promise((resolve) => setTimeout(resolve, count, `Hello ${name}`))
    return `Hello ${name}`
  }
}
