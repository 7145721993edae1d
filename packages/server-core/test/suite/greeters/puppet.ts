/**
 * A greeter that does what the name says, so that a test decides when and how a request ends. The inside of a thread.
 *
 * It talks with the test by a BroadcastChannel, and, where it is to block its thread, by files.
 */

import { existsSync, writeFileSync } from 'node:fs'
import { threadId } from 'node:worker_threads'

const channel = new BroadcastChannel('puppet')
let turns = 0
const held = new Map<string, (greeting: string) => void>()
channel.addEventListener('message', ({ data }) => {
  const { release } = data as { release?: string }
  if (release === undefined) return
  held.get(release)?.(`Released ${release}`)
  held.delete(release)
})

const COMMANDS: Record<string, (argument: string) => unknown> = {
  /** Waits, without blocking, until the test releases it. */
  hold(key) {
    const greeting = new Promise<string>((resolve) => held.set(key, resolve))
    channel.postMessage({ started: key, thread: threadId })
    return greeting
  },
  /** Blocks the thread until the file exists. */
  block(file) {
    writeFileSync(`${file}.started`, '')
    while (!existsSync(file)) continue
    return `Unblocked`
  },
  thread: () => String(threadId),
  /** Which of this thread's turns it is. */
  turn: () => String(++turns),
  later: async (text) => {
    await new Promise((resolve) => setTimeout(resolve, 1))
    return `Later ${text}`
  },
  throw() {
    throw new Error('secret of the greeter \u001b[31m')
  },
  reject: () => Promise.reject(new Error('secret of the greeter \u001b[31m')),
  nothing: () => undefined,
  number: () => 42,
  'number-later': () => Promise.resolve(42),
  object: () => ({ toString: () => 'Hello' }),
  surrogate: () => 'Hello \ud800',
  'surrogate-later': () => Promise.resolve('\udc00 Hello'),
  long: (length) => 'x'.repeat(Number(length)),
  'long-later': (length) => Promise.resolve('ü'.repeat(Number(length))),
  empty: () => '',
  control: () => 'two\nlines',
  bang: () => '! not an error',
  exit: () => process.exit(3),
  /** Ends the thread by an error that nobody catches, some time after it answered nothing. */
  crash() {
    setTimeout(() => {
      throw new Error('crashed on purpose')
    })
    return new Promise(() => {})
  },
  'crash-by-rejection'() {
    void Promise.reject(new Error('rejected on purpose'))
    return new Promise(() => {})
  },
}

/** Greets, or does what the name says. */
export default function greet(name: string): string {
  const [command = '', ...rest] = name.split(' ')
  const run = Object.hasOwn(COMMANDS, command) ? COMMANDS[command] : undefined
  // The tests want greeters that break their type.
  return run ? (run(rest.join(' ')) as string) : `Hello ${name}`
}
