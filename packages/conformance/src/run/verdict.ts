/** Verdicts: of one execution, of a case, of a run, and the exit code that follows. */

export const VERDICTS = [
  'ERROR',
  'FAIL',
  'XPASS',
  'FLAKY',
  'NOT-RUN',
  'INCONCLUSIVE',
  'NON-STRICT',
  'XFAIL',
  'UNSUPPORTED',
  'INFO',
  'PASS',
] as const

/**
 * ERROR: the suite itself broke. FAIL: a requirement is broken. XPASS: listed as known to fail, and passed. FLAKY: both
 * passed and failed. NOT-RUN: selected, and not executed. INCONCLUSIVE: could not be judged. NON-STRICT: only a SHOULD
 * is broken. XFAIL: listed as known to fail, and failed. UNSUPPORTED: the target lacks what the case needs.
 */
export type Verdict = (typeof VERDICTS)[number]

/** What one execution came to. */
export interface Result {
  readonly id: string
  readonly variant: string
  readonly verdict: Verdict
  /** Why, when the verdict is not PASS. */
  readonly message?: string
  readonly notes: readonly string[]
  readonly durationMs: number
  /** Lines of the wire log, kept for failures and for the first variant of each case. */
  readonly wire: readonly string[]
}

/** The verdict of a group of executions: the gravest of them. */
export function gravest(verdicts: Iterable<Verdict>): Verdict {
  let index: number = VERDICTS.length - 1
  for (const verdict of verdicts) index = Math.min(index, VERDICTS.indexOf(verdict))
  return VERDICTS[index]!
}

/** Exit codes of the command; see README.md. */
export const ExitCode = { OK: 0, INTERNAL: 1, USAGE: 2, NO_TARGET: 3, NOT_CONFORMANT: 6 } as const

/**
 * The exit code of a run. A broken SHOULD and an execution that stays INCONCLUSIVE are fine unless it is `strict`; what is
 * UNSUPPORTED is, unless everything was.
 */
export function exitCodeOf(results: readonly Result[], { strict }: { readonly strict: boolean }): number {
  if (judgedNothing(results)) return ExitCode.USAGE
  const verdict = gravest(results.map((result) => result.verdict))
  if (verdict === 'ERROR') return ExitCode.INTERNAL
  if (strict && (verdict === 'INCONCLUSIVE' || verdict === 'NON-STRICT')) return ExitCode.NOT_CONFORMANT
  return NOT_FINE.has(verdict) ? ExitCode.NOT_CONFORMANT : ExitCode.OK
}

/** Whether the target lacks what every execution needs. */
export function judgedNothing(results: readonly Result[]): boolean {
  return results.every(({ verdict }) => verdict === 'UNSUPPORTED')
}

/** Whether a run with this verdict among its results exits with something else than 0, `strict` or not. */
export function isFailure(verdict: Verdict): boolean {
  return verdict === 'ERROR' || NOT_FINE.has(verdict)
}

const NOT_FINE = new Set<Verdict>(['FAIL', 'XPASS', 'FLAKY', 'NOT-RUN'])
