/** The report on a terminal: a progress bar while it runs, failures with their evidence, and a summary. */
import { requirement } from '../requirements.ts'
import { executionName } from '../run/case.ts'
import { judgedNothing, type Result, type Verdict } from '../run/verdict.ts'
import { byCase, countVerdicts, type RunReport } from './run-report.ts'
import { shellWords } from './shell-words.ts'

export interface Output {
  write(text: string): unknown
  readonly isTTY?: boolean | undefined
  readonly columns?: number | undefined
}

/** Draws one line that overwrites itself; draws nothing when the output is not a terminal. */
export class ProgressBar {
  readonly #output: Output
  #drawnAt = 0

  constructor(output: Output) {
    this.#output = output
  }

  update(done: number, total: number, name: string): void {
    const now = performance.now()
    if (this.#output.isTTY !== true || (now - this.#drawnAt < 50 && done < total)) return
    this.#drawnAt = now
    const width = 30
    const filled = Math.round((width * done) / total)
    const line = `[${'='.repeat(filled)}${' '.repeat(width - filled)}] ${done}/${total} ${name}`
    this.#output.write(`\r\u001b[2K${line.slice(0, (this.#output.columns ?? 80) - 1)}`)
  }

  clear(): void {
    if (this.#output.isTTY === true) this.#output.write('\r\u001b[2K')
  }
}

/** Writes one failed execution: the requirement, what was allowed and what came, the wire, and how to repeat it. */
export function describeResult(report: RunReport, result: Result): string {
  const name = executionName(result.id, result.variant)
  const one = report.cases.find((candidate) => candidate.id === result.id)
  const lines = [`${result.verdict} ${name}: ${one?.title ?? ''}`, `  ${result.message ?? ''}`]
  for (const id of one?.spec ?? []) lines.push(`  [${id}] ${requirement(id)?.text ?? '(not in this SPEC)'}`)
  for (const note of result.notes) lines.push(`  note: ${note}`)
  for (const line of result.wire.slice(0, 40)) lines.push(`    ${line}`)
  if (result.wire.length > 40) lines.push(`    … ${result.wire.length - 40} more lines; see --html`)
  lines.push(`  again: ${repeatCommand(report, name)}`, '')
  return lines.join('\n')
}

/** The command that repeats one execution in the same way. */
export function repeatCommand(report: RunReport, name: string): string {
  const { role, target, adapter, seed, repeat, tls, strict, timeoutScale, knownFailing } = report
  return shellWords([
    'greetwire-conformance',
    role,
    ...(adapter.length === 0 ? [target] : []),
    ...(tls ? ['--tls'] : []),
    ...(strict ? ['--strict'] : []),
    ...(timeoutScale === 1 ? [] : ['--timeout-scale', String(timeoutScale)]),
    ...(knownFailing === undefined ? [] : ['--known-failing', knownFailing]),
    '--run',
    name,
    '--seed',
    String(seed),
    ...(repeat === 1 ? [] : ['--repeat', String(repeat)]),
    ...(adapter.length === 0 ? [] : ['--', ...adapter]),
  ])
}

/** Writes the summary: what was not judged and why, then how often each verdict occurred. */
export function summary(report: RunReport): string {
  const counts = countVerdicts(report.results)
  const cases = byCase(report)
  const parts = Object.entries(counts).flatMap(([verdict, count]) => (count > 0 ? [`${count} ${verdict}`] : []))
  const unjudged = [...reasonsOf(report, 'UNSUPPORTED'), ...reasonsOf(report, 'NOT-RUN')]
  if (counts.INCONCLUSIVE > 0)
    unjudged.push(
      `${counts.INCONCLUSIVE} stayed INCONCLUSIVE when run again, alone: not judged, and so a failure with --strict; on a busy machine try --jobs 1 --timeout-scale 3`,
    )
  if (judgedNothing(report.results))
    unjudged.push('Nothing was judged: the target lacks what every selected case needs')
  const took = `${(report.durationMs / 1_000).toFixed(1)} s`
  return `${unjudged.map((line) => `  ${line}\n`).join('')}${report.role} ${report.target}: ${counted(cases.length, 'case')}, ${counted(report.results.length, 'execution')} in ${took}: ${parts.join(', ')} (seed ${report.seed})\n`
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

/** The reasons for a verdict, each with the number of executions that it had. */
function reasonsOf({ results }: RunReport, wanted: Verdict): string[] {
  const groups = Map.groupBy(
    results.filter(({ verdict }) => verdict === wanted),
    ({ message }) => message ?? '',
  )
  return [...groups].map(([message, group]) => `${group.length} ${wanted}: ${message}`)
}
