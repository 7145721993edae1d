/** The tables of mutants in the HTML report. */
import { describe, expect, it } from 'vitest'
import { htmlReport } from '../src/report/html.ts'
import type { RunReport } from '../src/report/run-report.ts'

const report: RunReport = {
  role: 'server',
  target: 'node server.js',
  seed: 1,
  repeat: 1,
  startedAt: '2026-01-02T03:04:05.678Z',
  durationMs: 1,
  adapter: ['node', 'server.js'],
  tls: false,
  strict: false,
  timeoutScale: 1,
  cases: [
    { id: 'grt.exact', title: 'exact', spec: ['R-6.4-4'], level: 'M' },
    { id: 'grt.verbatim', title: 'verbatim', spec: ['R-11-3'], level: 'M' },
  ],
  results: [{ id: 'grt.exact', variant: '', verdict: 'PASS', notes: [], durationMs: 1, wire: [] }],
}

const page = htmlReport([report], {
  mutants: [
    { name: 'trim', what: 'trims <names>', breaks: ['R-11-3'], killedBy: ['grt.exact', 'grt.verbatim'] },
    { name: 'sound', what: 'breaks nothing', breaks: [], killedBy: [] },
  ],
  reasons: { 'R-16-6': 'nobody can tell' },
})

function row(id: string): string | undefined {
  return page.split('<tr>').find((one) => one.includes(`>${id}</th>`))
}

describe('the tables of mutants', () => {
  it('count who is killed', () => {
    expect(page).toContain('2 mutants, 1 killed')
  })

  it('fill the dot of a case that judges what the mutant breaks', () => {
    expect(row('grt.verbatim')).toContain('>●</td><td></td>')
    expect(row('grt.exact')).toContain('>○</td><td></td>')
  })

  it('name for each requirement its mutants with their cases, or its reason', () => {
    expect(page).toMatch(/<b>R-11-3<\/b>[^\n]*<b>trim<\/b> grt\.verbatim</)
    expect(page).toMatch(/<b>R-16-6<\/b>[^\n]*<i>nobody can tell<\/i>/)
    expect(page).not.toContain('<b>R-6.4-4</b>')
  })

  it('escape what mutants are said to do', () => {
    expect(page).toContain('trims &lt;names&gt;')
  })

  it('are left out of the report of a run', () => {
    expect(htmlReport([report])).not.toContain('Mutants')
  })
})
