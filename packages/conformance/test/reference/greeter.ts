/** The default greeter and the conformance greeter, with their delays and failures. */
import { appendFileSync } from 'node:fs'

export type Greeted = { readonly text: string } | 'failed'

/** Greets a name: at once, later, or never. */
export type Greeter = (name: string, done: (greeted: Greeted) => void) => void

export const defaultGreeter: Greeter = (name, done) => done({ text: `Hello ${name}` })

/** Makes a greeter that obeys `~250~x`, `~busy250~x`, `~long5000~x`, `~throw~x` and `~hang~x`, and logs what it executes. */
export function conformanceGreeter(executionLog: string | undefined): Greeter {
  return (name, done) => {
    if (executionLog !== undefined) appendFileSync(executionLog, `${JSON.stringify(name)}\n`)
    const [, action = '', digits = ''] = /^~([a-z]*)(\d*)~/.exec(name) ?? []
    const count = Number(digits)
    if (action === 'throw') done('failed')
    else if (action === 'long') done({ text: 'x'.repeat(count) })
    else if (action === 'hang') return
    else if (action === '' && count > 0) setTimeout(() => done({ text: `Hello ${name}` }), count)
    else {
      if (action === 'busy') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, count)
      done({ text: `Hello ${name}` })
    }
  }
}
