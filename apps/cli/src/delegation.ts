/**
 * Runs this command line in another runtime: same arguments, streams and environment, our signals and its exit code.
 *
 * The child holds a channel to us, so that it also ends if we are killed and cannot pass anything on.
 */

import { spawn } from 'node:child_process'
import { constants } from 'node:os'

/** A running child. */
export interface Delegate {
  /** Its exit code; 128 and the number of the signal if that ended it. */
  readonly ended: Promise<number>
  signal(name: NodeJS.Signals): void
}

/** Starts `binary` with a script and its arguments. */
export function delegateTo(binary: string, args: readonly string[]): Delegate {
  const child = spawn(binary, args, { stdio: ['inherit', 'inherit', 'inherit', 'ipc'] })
  const { promise: ended, resolve, reject } = Promise.withResolvers<number>()
  child.once('error', reject)
  child.once('exit', (code, signal) => resolve(code ?? 128 + constants.signals[signal as NodeJS.Signals]))
  return { ended, signal: (name) => void child.kill(name) }
}
