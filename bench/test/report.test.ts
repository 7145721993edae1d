import { describe, expect, it } from 'vitest'
import type { Figure } from '../src/figures.ts'
import type { Question } from '../src/questions.ts'
import { markdown } from '../src/report.ts'
import { measurement } from './measurements.ts'

const ORIGIN = {
  surroundings: { date: 'today', commit: 'abc', machine: 'm', versions: 'v', command: 'pnpm bench', loadAverage: '0' },
  skipped: ['skipped ws: it died'],
}
const QUESTION: Question = { about: 'limit', subject: 'ours', base: 'limit', depth: 16, target: 0.75 }

/** The lines of a report on one pair. */
function throughput(subject: Parameters<typeof measurement>[0], base: typeof subject = {}): string[] {
  const pairs = [{ subject: measurement(subject), base: measurement(base) }]
  const limits = [{ depth: 16, measured: measurement({ perSecond: 2_000_000, loadBusy: 0.97 }) }]
  const half = { ...ORIGIN, limits, paired: [{ question: QUESTION, pairs }], sweeps: [] }
  return markdown({ throughput: half }).split('\n')
}

/** The line with the answer. */
function ours(lines: readonly string[]): string | undefined {
  return lines.find((line) => line.startsWith('| ours | limit'))
}

/** The last line of a report on one figure. */
function behaviour(figure: Omit<Figure, 'text' | 'rounds' | 'disturbed'>, disturbed = 0): string | undefined {
  return markdown({ behaviour: { ...ORIGIN, figures: [{ text: 'it', rounds: 4, disturbed, ...figure }] } })
    .split('\n')
    .findLast((line) => line.startsWith('| it'))
}

describe('the report', () => {
  it('begins with what the load generator can do', () => {
    const lines = throughput({})
    const first = lines.findIndex((line) => line.startsWith('- limit, depth 16: 2,000,000/s'))
    expect(lines[first]).toContain('had something to do for 97 % of the time, the server used 1.00 of its core')
    expect(first).toBeLessThan(lines.findIndex((line) => line.startsWith('| ours')))
  })

  it('marks the ratio that counts', () => {
    expect(ours(throughput({ perSecond: 74.8 }))).toBe(
      '| ours | limit | 16 | 1 | ≥ 0.75 | ✗ **0.75** [0.75 … 0.75] | **1.00** [1.00 … 1.00] |',
    )
    expect(ours(throughput({ perSecond: 74.8 }, { loadBusy: 0.99 }))).toBe(
      '| ours | limit | 16 | 1 | ≥ 0.75 | ⚠ **0.75** [0.75 … 0.75] | ✓ **1.00** [1.00 … 1.00] |',
    )
    expect(ours(throughput({ perSecond: 74.8, disturbance: 1 }))).toBe(
      '| ours | limit | 16 | 1, 1 disturbed | ≥ 0.75 | **0.75** [0.75 … 0.75] | **1.00** [1.00 … 1.00] |',
    )
  })

  it('marks a row that kept the load generator busy, and no other', () => {
    const lines = throughput({}, { loadBusy: 0.99 })
    expect(lines.find((line) => line.startsWith('| ours | 1 |'))).not.toContain('⚠')
    expect(lines.find((line) => line.startsWith('| limit | 1 |'))).toContain('⚠')
  })

  it('writes a dash for what is not known', () => {
    const lines = throughput({ latencyUs: undefined })
    expect(lines.find((line) => line.startsWith('| ours | 1 |'))).toContain('| – | – |')
  })

  it('says of each half where it comes from, and what is missing', () => {
    const half = { ...ORIGIN, surroundings: { ...ORIGIN.surroundings, commit: 'def' } }
    const text = markdown({
      throughput: { ...ORIGIN, limits: [], paired: [], sweeps: [] },
      behaviour: { ...half, figures: [] },
    })
    expect(text).toMatch(/commit abc[^]*skipped ws: it died[^]*commit def/)
  })

  it('gives times and ratios two decimals, and a mark where there is a target', () => {
    const values = { median: 1.85, lowest: 1.8, highest: 1.949 }
    expect(behaviour({ unit: '×', values, target: { atLeast: 1.9 } })).toBe('| it | ✗ 1.85 [1.80 … 1.95] × | ≥ 1.9 |')
    expect(behaviour({ unit: 'ms', values, target: { below: 5 } })).toBe('| it | ✓ 1.9 [1.8 … 1.9] ms | < 5 |')
    expect(behaviour({ unit: 'ms', values, target: { below: 5 } }, 1)).toBe(
      '| it | ✓ 1.9 [1.8 … 1.9] ms, 1 of 4 rounds disturbed | < 5 |',
    )
    expect(behaviour({ unit: 'ms', values, target: { below: 5 } }, 2)).toBe(
      '| it | 1.9 [1.8 … 1.9] ms, 2 of 4 rounds disturbed | < 5 |',
    )
    expect(behaviour({ unit: 'µs', values })).toBe('| it | 1.9 [1.8 … 1.9] µs |  |')
  })
})
