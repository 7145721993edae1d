/** The report as JSON; its shape is in report.schema.json. */
import { executionName } from '../run/case.ts'
import { byCase, countVerdicts, type RunReport } from './run-report.ts'

/** The value of "format" in every report. */
export const REPORT_FORMAT = 'greetwire-conformance/1'

/** Prints a run as JSON. */
export function jsonReport(report: RunReport): string {
  const { cases: _, results: all, ...run } = report
  const document = {
    format: REPORT_FORMAT,
    ...run,
    durationMs: Math.round(run.durationMs),
    counts: countVerdicts(all),
    cases: byCase(report).map(({ case: one, verdict, results }) => ({
      id: one.id,
      title: one.title,
      level: one.level,
      requirements: one.spec,
      verdict,
      executions: results.map(({ variant, verdict: own, message, notes, durationMs, wire }) => ({
        variant,
        verdict: own,
        ...(message === undefined ? {} : { message }),
        ...(notes.length === 0 ? {} : { notes }),
        durationMs: Math.round(durationMs),
        ...(wire.length === 0 ? {} : { wire }),
      })),
    })),
  }
  return `${JSON.stringify(document, undefined, 2)}\n`
}

/** Names the executions that a replay repeats. */
export function failedPatterns({ results }: RunReport): readonly string[] {
  return results.filter(({ verdict }) => REPLAYED.has(verdict)).map(({ id, variant }) => executionName(id, variant))
}

const REPLAYED = new Set(['FAIL', 'ERROR', 'FLAKY', 'INCONCLUSIVE', 'NOT-RUN', 'NON-STRICT', 'XPASS'])
