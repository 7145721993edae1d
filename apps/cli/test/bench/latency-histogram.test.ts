import { describe, expect, it } from 'vitest'
import { LatencyHistogram } from '../../src/bench/latency-histogram.ts'

describe('LatencyHistogram', () => {
  it.each([0, 0.000_1, 0.012_3, 0.5, 1, 7.77, 250, 60_000])('knows %d ms to one percent', (milliseconds) => {
    const histogram = new LatencyHistogram()
    histogram.record(milliseconds)
    histogram.record(milliseconds * 1_000 + 1)
    expect(Math.abs(histogram.percentile(0.5) - milliseconds)).toBeLessThanOrEqual(milliseconds * 0.01)
  })

  it('ranks by share and never exceeds the longest', () => {
    const histogram = new LatencyHistogram()
    for (let index = 1; index <= 1_000; index++) histogram.record(index)
    expect(Math.abs(histogram.percentile(0.5) - 500)).toBeLessThan(5)
    expect(Math.abs(histogram.percentile(0.99) - 990)).toBeLessThan(9.9)
    expect(histogram.percentile(1)).toBe(1_000)
    expect(histogram.maxMs).toBe(1_000)
  })

  it('takes the next rank where a share ends between two', () => {
    const histogram = new LatencyHistogram()
    for (const milliseconds of [1, 2, 300]) histogram.record(milliseconds)
    expect([histogram.percentile(0.6), histogram.percentile(0.7)].map(Math.round)).toEqual([2, 300])
  })

  it('divides all it holds into spans without a gap', () => {
    const histogram = new LatencyHistogram()
    for (const milliseconds of [0.05, 0.3, 0.31, 40]) histogram.record(milliseconds)
    const spans = histogram.spans()
    expect(spans.reduce((sum, { count }) => sum + count, 0)).toBe(4)
    expect(spans.slice(1).map(({ fromMs }) => fromMs)).toEqual(spans.slice(0, -1).map(({ toMs }) => toMs))
    expect([spans[0]?.count, spans.at(-1)?.count]).toEqual([1, 1])
  })

  it('is empty after clear', () => {
    const histogram = new LatencyHistogram()
    histogram.record(3)
    histogram.clear()
    expect([histogram.count, histogram.maxMs, histogram.percentile(0.5), histogram.spans()]).toEqual([0, 0, 0, []])
  })
})
