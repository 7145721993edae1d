/**
 * Writes down each name, its first 64 characters, before it greets it, and dies of certain names.
 *
 * The journal is a file that all threads append to, a line for each call: which life of a thread greeted which name. It tells the
 * tests what was executed, and how often, whatever the server says about it.
 */

import { randomUUID } from 'node:crypto'
import { openSync, writeSync } from 'node:fs'

const journal = openSync(process.env['E2E_JOURNAL'] as string, 'a')
const life = randomUUID()

export function greet(name: string): string | Promise<string> {
  writeSync(journal, `${life} ${name.slice(0, 64)}\n`)
  const death = /^die by (\w+)/.exec(name)?.[1]
  if (death !== undefined) return die(death)
  const greeting = `Hello ${name}`
  // Some answers come in a later turn.
  return name.endsWith('7') ? new Promise((resolve) => setImmediate(resolve, greeting)) : greeting
}

function die(how: string): Promise<string> {
  // In a thread this ends the thread, not the process.
  if (how === 'exit') process.exit(7)
  if (how === 'hanging') for (;;);
  const error = new Error('thrown where no greeter catches it')
  if (how === 'rejection') void Promise.reject(error)
  else
    setImmediate(() => {
      throw error
    })
  return new Promise(() => {})
}
