/** What a run comes to: its exit code, and what its summary says. */
import { describe, expect, it } from 'vitest'
import { summary } from '../src/report/terminal.ts'
import { exitCodeOf, type Result, type Verdict } from '../src/run/verdict.ts'
import { ASKED } from './asked.ts'

function resultsOf(...verdicts: Verdict[]): Result[] {
  return verdicts.map((verdict, index) => ({
    id: `a.${index}`,
    variant: '',
    verdict,
    message: verdict === 'PASS' ? undefined : 'why',
    notes: [],
    durationMs: 1,
    wire: [],
  })) as Result[]
}

function summaryOf(...verdicts: Verdict[]): string {
  const results = resultsOf(...verdicts)
  const cases = results.map(({ id }) => ({ id, title: id, spec: ['R-1'], level: 'M' as const }))
  const head = { ...ASKED, startedAt: '', durationMs: 1 }
  return summary({ ...head, cases, results })
}

describe('the exit code', () => {
  it.each<[Verdict[], number, number]>([
    [['PASS', 'INFO', 'UNSUPPORTED', 'XFAIL'], 0, 0],
    [['PASS', 'XFAIL', 'NON-STRICT'], 0, 6],
    [['PASS', 'INCONCLUSIVE'], 0, 6],
    [['FAIL', 'INCONCLUSIVE'], 6, 6],
    [['NOT-RUN'], 6, 6],
    [['UNSUPPORTED', 'UNSUPPORTED'], 2, 2],
    [['FLAKY'], 6, 6],
    [['XPASS'], 6, 6],
    [['ERROR', 'INCONCLUSIVE'], 1, 1],
  ])('of %j is %i, and with --strict %i', (verdicts, code, strict) => {
    expect(exitCodeOf(resultsOf(...verdicts), { strict: false })).toBe(code)
    expect(exitCodeOf(resultsOf(...verdicts), { strict: true })).toBe(strict)
  })
})

describe('the summary', () => {
  it('says how many executions stayed inconclusive', () => {
    expect(summaryOf('PASS', 'INCONCLUSIVE', 'INCONCLUSIVE')).toContain('2 stayed INCONCLUSIVE')
    expect(summaryOf('PASS', 'PASS')).not.toContain('INCONCLUSIVE')
  })

  it('says when nothing was judged', () => {
    expect(summaryOf('UNSUPPORTED', 'UNSUPPORTED')).toMatch(/^  Nothing was judged: /m)
    expect(summaryOf('UNSUPPORTED', 'PASS')).not.toContain('Nothing')
  })

  it('says on one line for each reason what lacks and what was not run', () => {
    const lines = summaryOf('UNSUPPORTED', 'NOT-RUN', 'NOT-RUN', 'PASS').split('\n')
    expect(lines.slice(0, 2)).toEqual(['  1 UNSUPPORTED: why', '  2 NOT-RUN: why'])
  })
})
