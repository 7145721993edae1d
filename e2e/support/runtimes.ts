/** The runtimes and threading models under test. */

import { execFileSync } from 'node:child_process'

/** Both runtimes. */
export const RUNTIMES = ['node', 'bun'] as const

/** A runtime. */
export type RuntimeName = (typeof RUNTIMES)[number]

/** Both threading models. */
export const MODELS = ['pool', 'shard'] as const

/** Each runtime with each model, as rows for `describe.each`. */
export const SERVERS = RUNTIMES.flatMap((runtime) => MODELS.map((threading) => ({ runtime, threading })))

const binaries = new Map<RuntimeName, string>()

/** The real binary of a runtime; what a package manager puts before it would swallow signals. */
export function binaryOf(runtime: RuntimeName): string {
  const known = binaries.get(runtime)
  if (known !== undefined) return known
  const binary = execFileSync(runtime, ['-p', 'process.execPath'], { encoding: 'utf8' }).trim()
  binaries.set(runtime, binary)
  return binary
}
