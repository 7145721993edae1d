/** The report as one HTML file that needs nothing else: implementations by cases, each cell with its wire log. */
import { requirement } from '../requirements.ts'
import { executionName } from '../run/case.ts'
import { mutantTables, type MutantProof } from './mutant-tables.ts'
import { byCase, countVerdicts, type RunReport } from './run-report.ts'
import { escapeMarkup as safe } from './xml.ts'

/** Prints runs side by side, all of one role; with a proof, also the mutants that the suite kills. */
export function htmlReport(reports: readonly RunReport[], proof?: MutantProof): string {
  const [first] = reports
  const title = `Greetwire conformance: ${first?.role ?? ''}`
  const head = reports.map(
    (report) =>
      `<th>${safe(report.target)}<br><small>${countText(report)}, seed ${report.seed}, ${(report.durationMs / 1_000).toFixed(1)} s</small></th>`,
  )
  const columns = reports.map((report) => new Map(byCase(report).map((group) => [group.case.id, group])))
  const cases = new Map(reports.flatMap((report) => report.cases.map((one) => [one.id, one])))
  const rows = [...cases.values()].map((one) => {
    const spec = one.spec.map((id) => `<abbr title="${safe(requirement(id)?.text ?? '')}">${id}</abbr>`).join(' ')
    return `<tr><td><b>${safe(one.id)}</b> ${safe(one.title)}<br><small>${one.level} ${spec}</small></td>${columns.map((column) => cell(column.get(one.id))).join('')}</tr>`
  })
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${safe(title)}</title><style>${STYLE}</style></head>
<body><h1>${safe(title)}</h1>
<table><thead><tr><th>case</th>${head.join('')}</tr></thead><tbody>
${rows.join('\n')}
</tbody></table>
${proof === undefined ? '' : mutantTables(proof, [...cases.values()])}</body></html>
`
}

function cell(group: ReturnType<typeof byCase>[number] | undefined): string {
  if (group === undefined) return '<td class="none">not selected</td>'
  const telling = group.results.filter((result) => result.wire.length > 0 || result.message !== undefined)
  const executions = telling.slice(0, MOST_EXECUTIONS).map((result) => {
    const lines = [
      ...(result.message === undefined ? [] : [result.message]),
      ...result.notes.map((note) => `note: ${note}`),
      ...result.wire.slice(0, MOST_LINES),
      ...moreThan(MOST_LINES, result.wire, 'lines'),
    ]
    return `<h4>${safe(executionName(result.id, result.variant))}: ${result.verdict}</h4><pre>${safe(lines.join('\n'))}</pre>`
  })
  executions.push(...moreThan(MOST_EXECUTIONS, telling, 'executions').map((text) => `<p>${text}</p>`))
  const count = group.results.length > 1 ? ` × ${group.results.length}` : ''
  return `<td class="${group.verdict}"><details><summary>${group.verdict}${count}</summary>${executions.join('')}</details></td>`
}

/** Says how much of a list is left out, if any is. */
function moreThan(most: number, list: readonly unknown[], what: string): string[] {
  return list.length > most ? [`… ${list.length - most} more ${what}; see --json`] : []
}

function countText(report: RunReport): string {
  return Object.entries(countVerdicts(report.results))
    .flatMap(([verdict, count]) => (count > 0 ? [`${count} ${verdict}`] : []))
    .join(', ')
}

/** What a cell shows at most; the JSON report has it all. */
const MOST_EXECUTIONS = 40
const MOST_LINES = 120

const STYLE = `body{font:14px/1.4 system-ui,sans-serif;margin:2em}table{border-collapse:collapse}td,th{border:1px solid #ccc;padding:4px 8px;text-align:left;vertical-align:top}
.grid{font-size:12px}.grid td{padding:0;text-align:center;min-width:1em}.grid span{writing-mode:vertical-rl;transform:rotate(180deg);white-space:nowrap}.grid tbody th{font-weight:normal;white-space:nowrap;position:sticky;left:0;background:#fff}
thead th{position:sticky;top:0;background:#fff}pre{font-size:12px;overflow:auto;max-width:70em}h4{margin:.6em 0 .2em}abbr{text-decoration:none;color:#555}
.PASS{background:#e6f6e6}.FAIL,.ERROR,.XPASS,.FLAKY{background:#fbdcdc}.NON-STRICT,.INCONCLUSIVE,.NOT-RUN{background:#fdf1cf}.UNSUPPORTED,.INFO,.XFAIL,.none{background:#eee}`
