/** What a run came to, as every report tells it. */
import type { Case } from '../run/case.ts'
import { gravest, VERDICTS, type Result, type Verdict } from '../run/verdict.ts'

export interface RunReport {
  readonly role: 'server' | 'client'
  /** The address, or the adapter's command as one writes it in a shell. */
  readonly target: string
  readonly seed: number
  /** How often each execution was run, in rounds of which a pass and a failure make it FLAKY. */
  readonly repeat: number
  readonly startedAt: string
  readonly durationMs: number
  /** The command that started the adapter; empty for an address. */
  readonly adapter: readonly string[]
  readonly tls: boolean
  readonly strict: boolean
  readonly timeoutScale: number
  readonly knownFailing?: string
  readonly cases: readonly Pick<Case<never>, 'id' | 'title' | 'spec' | 'level'>[]
  readonly results: readonly Result[]
}

/** Counts executions by verdict. */
export function countVerdicts(results: readonly Result[]): Record<Verdict, number> {
  const counts = Object.fromEntries(VERDICTS.map((verdict) => [verdict, 0])) as Record<Verdict, number>
  for (const result of results) counts[result.verdict] += 1
  return counts
}

/** Groups results by case, in order, with the gravest verdict of each. */
export function byCase(report: RunReport): { case: RunReport['cases'][number]; verdict: Verdict; results: Result[] }[] {
  const groups = Map.groupBy(report.results, (result) => result.id)
  return report.cases.flatMap((one) => {
    const results = groups.get(one.id)
    return results ? [{ case: one, verdict: gravest(results.map((result) => result.verdict)), results }] : []
  })
}
