import { describe, expect, it } from 'vitest'
import { reportLines } from '../../src/bench/bench-report.ts'
import type { BenchResult } from '../../src/bench/bench-result.ts'

const RESULT: BenchResult = {
  target: 'tcp://127.0.0.1:4356',
  agent: 'puppet',
  maxInFlight: 256,
  load: 'greet on node',
  date: '2026-01-01T00:00:00.000Z',
  connections: 1,
  depth: 16,
  rate: 500,
  name: 'Ada',
  warmupMs: 0,
  elapsedMs: 3_000,
  requests: 531,
  perSecond: 177,
  latencyMs: { p50: 0.5, p75: 1, p90: 2, p99: 1_500, 'p99.9': 1_900, 'p99.99': 1_999, max: 2_000 },
  spans: [{ fromMs: 0.4, toMs: 0.8, count: 531 }],
  errors: { OVERLOADED: 2 },
  endedConnections: { 'the connection was reset': 1 },
  unanswered: 969,
  loadShare: 0.5,
  latenessMs: 0.02,
}

function lines(changes: Partial<BenchResult> = {}): readonly string[] {
  return reportLines({ name: 'server', rounds: [{ ...RESULT, ...changes }] })
}

describe('the report of greet bench', () => {
  it('sets the rate that was reached beside the one asked for, and tells all that went wrong', () => {
    expect(lines().slice(0, 7)).toEqual([
      'tcp://127.0.0.1:4356: 1 connection, depth 16, 500 requests/s, 3.0 s',
      '',
      '  531 greetings, 177/s of 500/s asked for',
      '  2 answers OVERLOADED',
      '  1 connection ended: the connection was reset',
      '  969 requests without an answer, counted below with the time waited',
      '  load: 50 % of its thread, p99 of its own lateness 20 µs',
    ])
  })

  it('warns when the load itself may be the limit', () => {
    const warning = expect.stringContaining('it may be what limits these figures, not the server') as string
    expect(lines({ loadShare: 0.91 })).toContainEqual(warning)
    expect(lines({ loadShare: 0.9 })).not.toContainEqual(warning)
  })

  it('shows of several rounds the one with the middle rate, and the spread', () => {
    const rounds = [300, 100, 200].map((perSecond) => ({ ...RESULT, perSecond }))
    const told = reportLines({ name: 'server', rounds })
    expect(told[1]).toBe('3 rounds: [100 … 300]/s, p99 [1.50 s … 1.50 s]; this is the one with the middle rate')
    expect(told).toContain('  531 greetings, 200/s of 500/s asked for')
  })
})
