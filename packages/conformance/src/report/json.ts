/** The report as JSON; its shape is in report.schema.json. */
import { UsageError } from '../arguments.ts'
import { executionName } from '../run/case.ts'
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
        ...(own === 'PASS' || wire.length === 0 ? {} : { wire }),
      })),
    })),
  }
  return `${JSON.stringify(document, undefined, 2)}\n`
}

/** What `replay` needs of a JSON report. */
export interface Replay {
  readonly role: 'server' | 'client'
  readonly target: string
  readonly adapter: readonly string[]
  readonly seed: number
  readonly patterns: readonly string[]
}

/** Reads the failed executions of a JSON report; throws `UsageError` when it is none. */
export function failedPatterns(text: string, file: string): Replay {
  let document: Partial<{
    format: string
    role: 'server' | 'client'
    target: string
    seed: number
    commandLine: string
    cases: { id: string; executions: { variant: string; verdict: string }[] }[]
  }>
  try {
    document = JSON.parse(text) as typeof document
  } catch {
    throw new UsageError(`Cannot replay ${file}: it is not JSON`)
  }
  const { format, role, target, seed, commandLine, cases } = document
  if (format !== FORMAT || role === undefined || target === undefined || seed === undefined || cases === undefined) {
    throw new UsageError(`Cannot replay ${file}: it is not a report of this suite (expected "format": "${FORMAT}")`)
  }
  const patterns = cases.flatMap(({ id, executions }) =>
    executions.filter(({ verdict }) => REPLAYED.has(verdict)).map(({ variant }) => executionName(id, variant)),
  )
  const adapter = commandLine?.includes(' -- ') === true ? target.split(' ') : []
  return { role, target, adapter, seed, patterns }
}

const FORMAT = 'greetwire-conformance/1'
const REPLAYED = new Set(['FAIL', 'ERROR', 'FLAKY', 'INCONCLUSIVE', 'NOT-RUN', 'NON-STRICT', 'XPASS'])
