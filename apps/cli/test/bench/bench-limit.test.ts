import { describe, expect, it } from 'vitest'
import { parseLimits } from '../../src/bench/bench-limit.ts'
import type { BenchResult } from '../../src/bench/bench-result.ts'

const result = {
  requests: 100,
  perSecond: 5_000,
  latencyMs: { p50: 1, p75: 2, p90: 3, p99: 5, 'p99.9': 8, 'p99.99': 9, max: 12 },
  spans: [
    { fromMs: 0.8, toMs: 1.6, count: 60 },
    { fromMs: 1.6, toMs: 12, count: 40 },
  ],
  errors: {},
  endedConnections: { 'the connection was reset': 2 },
  unanswered: 0,
} as unknown as BenchResult

describe('--limit', () => {
  it.each([
    ['p99<5.1ms', true],
    ['p99<5ms', false],
    ['p99.9<8500us', true],
    ['max<1s', true],
    ['p50>2ms', false],
    ['rate>4999', true],
    ['rate>5000', false],
    ['errors<3', true],
    ['errors<2', false],
  ])('judges %s', (text, met) => {
    expect(parseLimits(text).map((limit) => limit.isMet(result))).toEqual([met])
  })

  it('takes several with commas', () => {
    expect(parseLimits('p99<6ms, rate>1').map(({ text }) => text)).toEqual(['p99<6ms', 'rate>1'])
  })

  it('finds no latency within its limit when nothing was answered', () => {
    expect(parseLimits('p99<5s')[0]?.isMet({ ...result, spans: [] })).toBe(false)
  })

  it.each([
    ['p50<5ms', true],
    ['p90<5ms', true],
    ['p99<6ms', false],
    ['max<1s', false],
    ['errors<13', true],
    ['errors<12', false],
  ])('with a tenth of the requests unanswered, judges %s', (text, met) => {
    expect(parseLimits(text)[0]?.isMet({ ...result, unanswered: 10 })).toBe(met)
  })

  it.each([
    ['p50<5ms', true],
    ['p90<5ms', true],
    ['p99<6ms', false],
    ['max<1s', false],
    ['rate>4999', true],
  ])('with an error as every eleventh answer, judges %s', (text, met) => {
    expect(parseLimits(text)[0]?.isMet({ ...result, errors: { OVERLOADED: 6, GREETER_FAILED: 4 } })).toBe(met)
  })

  it.each(['p99', 'p99<5', 'p98<5ms', 'rate>5ms', 'errors', 'p99=5ms', ''])('refuses %j', (text) => {
    expect(() => parseLimits(text)).toThrow(/^Cannot read --limit: .* is not a limit such as/)
  })
})
