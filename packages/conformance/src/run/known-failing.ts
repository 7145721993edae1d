/** The file of known failures: one pattern a line, `#` begins a comment. Listed cases still run, and must fail. */
import { UsageError } from '../usage-error.ts'
import { matcher, matchesAny } from './selection.ts'
import type { Case } from './case.ts'
import type { Verdict } from './verdict.ts'

/** Parses the file's text; throws when a line names no case. */
export function parseKnownFailing<Test>(text: string, cases: readonly Case<Test>[], file: string): string[] {
  const patterns = text
    .split(/\r?\n/)
    .map((line) => line.replace(/#.*/, '').trim())
    .filter((line) => line !== '')
  for (const pattern of patterns) {
    if (!matchesAny(cases, pattern))
      throw new UsageError(`Cannot use ${file}: "${pattern}" names no case; run "list" to see the ids`)
  }
  return patterns
}

/** Turns the verdict of a listed execution around: FAIL and NON-STRICT become XFAIL, PASS becomes XPASS. */
export function expectFailure(verdict: Verdict, id: string, variant: string, patterns: readonly string[]): Verdict {
  if (!patterns.some((pattern) => matcher(pattern)({ case: { id }, variant }))) return verdict
  if (verdict === 'FAIL' || verdict === 'NON-STRICT') return 'XFAIL'
  return verdict === 'PASS' ? 'XPASS' : verdict
}
