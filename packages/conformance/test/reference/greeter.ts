/** The default greeter and the conformance greeter, with their delays and failures. */
import { appendFileSync } from 'node:fs'

/** What a greeter came to: `lost` when its thread died. */
export type Greeted = { readonly text: string } | 'failed' | 'lost'

/** Greets a name: at once, later, or never. Returns for how many milliseconds it occupies its thread. */
export type Greeter = (name: string, done: (greeted: Greeted) => void) => number

export const defaultGreeter: Greeter = (name, done) => {
  done({ text: `Hello ${name}` })
  return 0
}

/** Makes a greeter that obeys `~250~x`, `~busy250~x`, `~long5000~x`, `~throw~x`, `~hang~x` and `~exit~x`, and logs what it executes. */
export function conformanceGreeter(executionLog: string | undefined): Greeter {
  return (name, done) => {
    if (executionLog !== undefined) appendFileSync(executionLog, `${JSON.stringify(name)}\n`)
    const [, action = '', digits = ''] = /^~([a-z]*)(\d*)~/.exec(name) ?? []
    const count = Number(digits)
    if (action === 'throw') done('failed')
    else if (action === 'exit') done('lost')
    else if (action === 'long') done({ text: 'x'.repeat(count) })
    else if (action === 'hang') return 0
    else if (count > 0) setTimeout(() => done({ text: `Hello ${name}` }), count)
    else done({ text: `Hello ${name}` })
    return action === 'busy' ? count : 0
  }
}
