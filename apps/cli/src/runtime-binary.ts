/** Finds the binary of a runtime. */

import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { CommandError } from './exit-codes.ts'
import type { Io } from './io.ts'

/** A runtime that can run this command. */
export type RuntimeName = 'node' | 'bun'

/** The runtime that runs this command. Bun also claims to be a version of Node, so it is asked for first. */
export const CURRENT_RUNTIME: RuntimeName = 'Bun' in globalThis ? 'bun' : 'node'

/**
 * The path of the real binary of a runtime: ours, or the one behind the command of its name. A package manager puts a script
 * before that, which would swallow signals. Throws CommandError if there is none.
 */
export async function findRuntime(name: RuntimeName, { runtimeBinary }: Pick<Io, 'runtimeBinary'>): Promise<string> {
  if (name === CURRENT_RUNTIME) return runtimeBinary
  try {
    const { stdout } = await promisify(execFile)(name, ['-p', 'process.execPath'])
    return stdout.trim()
  } catch (error) {
    throw new CommandError(
      'usage',
      `Cannot run ${name}: there is no command "${name}" on the PATH; ${REMEDIES[name]}`,
      { cause: error },
    )
  }
}

const REMEDIES: Record<RuntimeName, string> = {
  bun: 'install it from https://bun.com, or do without it',
  node: 'install it from https://nodejs.org, or do without it',
}
