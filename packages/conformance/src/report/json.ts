/** The report as JSON; its shape is in report.schema.json. */
import { UsageError } from '../arguments.ts'
import { executionName, type Level } from '../run/case.ts'
import type { Result } from '../run/verdict.ts'
import { byCase, countVerdicts, type RunReport } from './run-report.ts'

/** Prints a run as JSON. */
export function jsonReport(report: RunReport): string {
  const { role, target, seed, startedAt, durationMs, commandLine } = report
  const document = {
    format: FORMAT,
    role,
    target,
    seed,
    startedAt,
    durationMs: Math.round(durationMs),
    commandLine,
    counts: countVerdicts(report.results),
    cases: byCase(report).map(({ case: one, verdict, results }) => ({
      id: one.id,
      title: one.title,
      level: one.level,
      requirements: one.spec,
      verdict,
      executions: results.map(({ variant, verdict: own, message, notes, durationMs: ms, wire }) => ({
        variant,
        verdict: own,
        ...(message === undefined ? {} : { message }),
        ...(notes.length === 0 ? {} : { notes }),
        durationMs: Math.round(ms),
        ...(wire.length === 0 ? {} : { wire }),
      })),
    })),
  }
  return `${JSON.stringify(document, undefined, 2)}\n`
}

/** Reads a report that `jsonReport` printed; throws `UsageError` when it is none. */
export function readReport(text: string, file: string): RunReport {
  let document: Partial<ReportDocument>
  try {
    document = JSON.parse(text) as Partial<ReportDocument>
  } catch {
    throw new UsageError(`Cannot read ${file}: it is not JSON`)
  }
  if (document.format !== FORMAT || document.cases === undefined)
    throw new UsageError(`Cannot read ${file}: it is not a report of this suite (expected "format": "${FORMAT}")`)
  const { role, target, seed, startedAt, durationMs, commandLine, cases } = document as ReportDocument
  return {
    role,
    target,
    seed,
    startedAt,
    durationMs,
    commandLine,
    cases: cases.map(({ id, title, level, requirements }) => ({ id, title, level, spec: requirements })),
    results: cases.flatMap(({ id, executions }) =>
      executions.map((execution) => ({ id, notes: [], wire: [], ...execution })),
    ),
  }
}

interface ReportDocument extends Omit<RunReport, 'cases' | 'results'> {
  readonly format: string
  readonly cases: readonly {
    readonly id: string
    readonly title: string
    readonly level: Level
    readonly requirements: readonly string[]
    readonly executions: readonly (Omit<Result, 'id' | 'notes' | 'wire'> & Partial<Pick<Result, 'notes' | 'wire'>>)[]
  }[]
}

/** The adapter's command of a run that had one. */
export function adapterOf({ commandLine, target }: RunReport): readonly string[] {
  return commandLine.includes(' -- ') ? target.split(' ') : []
}

/** Names the executions that a replay repeats. */
export function failedPatterns({ results }: RunReport): readonly string[] {
  return results.filter(({ verdict }) => REPLAYED.has(verdict)).map(({ id, variant }) => executionName(id, variant))
}

const FORMAT = 'greetwire-conformance/1'
const REPLAYED = new Set(['FAIL', 'ERROR', 'FLAKY', 'INCONCLUSIVE', 'NOT-RUN', 'NON-STRICT', 'XPASS'])
