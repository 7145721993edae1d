/** How a test runs a few executions: each once, one after the other, as without any option. */
import type { RunOptions } from '../../src/run/runner.ts'

export const ONCE: RunOptions = {
  seed: 1,
  strict: false,
  repeat: 1,
  jobs: 1,
  bail: false,
  executionMs: 30_000,
  knownFailing: [],
}
