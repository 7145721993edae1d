/** The HTML report: what a cell leaves out, it says. */
import { describe, expect, it } from 'vitest'
import { htmlReport } from '../src/report/html.ts'
import type { Result } from '../src/run/verdict.ts'
import { ASKED } from './asked.ts'

function pageOf(executions: number, lines: number): string {
  const wire = Array.from({ length: lines }, (_, index) => `line ${index + 1}`)
  const one = { id: 'grt.exact', verdict: 'FAIL', message: 'wrong', notes: [], durationMs: 1, wire } as const
  const results: Result[] = Array.from({ length: executions }, (_, index) => ({ ...one, variant: `v${index + 1}` }))
  const cases = [{ id: 'grt.exact', title: 'exact', spec: ['R-6.4-4'], level: 'M' as const }]
  return htmlReport([{ ...ASKED, startedAt: '', durationMs: 1, cases, results }])
}

describe('a cell', () => {
  it('shows up to 40 executions of up to 120 lines', () => {
    const page = pageOf(40, 120)
    expect(page).toContain('grt.exact/v40')
    expect(page).toContain('line 120</pre>')
    expect(page).not.toContain('more')
  })

  it('says how much more there is', () => {
    const page = pageOf(43, 125)
    expect(page).not.toContain('grt.exact/v41')
    expect(page).toContain('<p>… 3 more executions; see --json</p>')
    expect(page).toContain('line 120\n… 5 more lines; see --json</pre>')
  })
})
