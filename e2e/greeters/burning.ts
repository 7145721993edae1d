/**
 * Burns CPU in view of others. The greeting of `Ada Bob 5000` burns for at least 100 ms, and on until Bob has begun too, at most
 * 5,000 ms; it tells the native thread that it ran in, and from when to when.
 */

import { existsSync, readlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'

const directory = process.env['E2E_DIRECTORY'] as string
const LEAST_MS = 100

export function greet(text: string): string {
  const [name = '', other = '', patienceMs] = text.split(' ')
  const began = clockMs()
  writeFileSync(path.join(directory, name), '')
  while (clockMs() - began < LEAST_MS) burn()
  while (!existsSync(path.join(directory, other)) && clockMs() - began < Number(patienceMs)) burn()
  // Linux: <process>/task/<thread>, both as the kernel knows them.
  const thread = readlinkSync('/proc/thread-self')
  return JSON.stringify({ name, thread, began, ended: clockMs() })
}

/** A clock that all threads share. */
function clockMs(): number {
  return performance.timeOrigin + performance.now()
}

function burn(): void {
  for (let round = 0; round < 10_000; round++) Math.sqrt(round)
}
