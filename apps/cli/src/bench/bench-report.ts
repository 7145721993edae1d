/** Draws results for a terminal: figures, percentiles, a histogram, the share of each thread; comparisons and progress, a line each. */

import { counted } from '../counted.ts'
import { printableText } from '../printable-text.ts'
import type { BenchResult } from './bench-result.ts'
import type { BenchOptions } from './bench-schema.ts'
import { type BenchSeries, type Comparison, middleRound, type Spread, spreadOf } from './bench-series.ts'
import type { LoadTally } from './load-tally.ts'

const BAR = 40
/** Above this share of its time the load's own thread is what the figures show. */
const BUSY = 0.9

/** The lines of one server. Of several rounds, the one with the middle rate is shown whole. */
export function reportLines(series: BenchSeries): readonly string[] {
  const result = middleRound(series)
  const { target, runtime, connections, rate, elapsedMs } = result
  const pace = rate > 0 ? `${number(rate)} requests/s` : 'as fast as answers come'
  const server = runtime === undefined ? target : `${runtime} at ${target}`
  return [
    `${server}: ${counted(connections, 'connection')}, ${depthText(result)}, ${pace}, ${(elapsedMs / 1_000).toFixed(1)} s`,
    ...roundsLines(series),
    '',
    `  ${number(result.requests)} greetings, ${number(result.perSecond)}/s${rate > 0 ? ` of ${number(rate)}/s asked for` : ''}`,
    ...errorLines(result),
    loadLine(result),
    '',
    ...Object.entries(result.latencyMs).map(([name, ms]) => `  ${name.padEnd(7)}${time(ms).padStart(10)}`),
    '',
    ...histogramLines(result),
    ...threadLines(result),
  ]
}

/** One line that sets a server beside another. */
export function comparisonLine({ of, with: base, perSecond, p50, p99 }: Comparison): string {
  const figures = [
    `${ratio(perSecond)} times the greetings`,
    `${ratio(p50)} times the p50`,
    `${ratio(p99)} times the p99`,
  ]
  return `${printableText(of)} against ${printableText(base)}: ${figures.join(', ')}`
}

/** How far a load has come. */
export function progressLine(target: string, tally: LoadTally, { durationMs, requests }: BenchOptions): string {
  const { phase, greetings, elapsedMs, histogram } = tally
  if (phase !== 'measuring') return `${target}: ${phase}`
  const left = (Math.max(0, durationMs - elapsedMs) / 1_000).toFixed(0)
  const figures = `${number((greetings / elapsedMs) * 1_000)} greetings/s, p99 ${time(histogram.percentile(0.99))}`
  const rest = requests > 0 ? `${number(greetings)} of ${number(requests)}, ` : ''
  return `${target}: ${figures}, ${rest}${left} s left`
}

function depthText({ depth, maxInFlight }: BenchResult): string {
  return maxInFlight < depth ? `depth ${maxInFlight} (the server allows no more)` : `depth ${depth}`
}

function roundsLines({ rounds }: BenchSeries): string[] {
  if (rounds.length === 1) return []
  const rate = spreadOf(rounds.map(({ perSecond }) => perSecond))
  const p99 = spreadOf(rounds.map(({ latencyMs }) => latencyMs.p99))
  const spreads = `[${number(rate.low)} … ${number(rate.high)}]/s, p99 [${time(p99.low)} … ${time(p99.high)}]`
  return [`${rounds.length} rounds: ${spreads}; this is the one with the middle rate`]
}

function errorLines({ errors, endedConnections, unanswered }: BenchResult): string[] {
  return [
    ...Object.entries(errors).map(([name, count]) => `  ${counted(count, 'answer')} ${name}`),
    ...Object.entries(endedConnections).map(
      ([reason, count]) => `  ${counted(count, 'connection')} ended: ${printableText(reason)}`,
    ),
    ...(unanswered > 0
      ? [`  ${counted(unanswered, 'request')} without an answer, counted below with the time waited`]
      : []),
  ]
}

function loadLine({ loadShare, latenessMs }: BenchResult): string {
  const late = latenessMs === undefined ? '' : `, p99 of its own lateness ${time(latenessMs)}`
  const line = `  load: ${(loadShare * 100).toFixed(0)} % of its thread${late}`
  return loadShare > BUSY ? `${line}; it may be what limits these figures, not the server` : line
}

function histogramLines({ spans }: BenchResult): string[] {
  const counts = spans.map(({ count }) => count)
  const largest = Math.max(...counts)
  const all = counts.reduce((sum, count) => sum + count, 0)
  return spans.map(({ fromMs, toMs, count }) => {
    const bar = '█'.repeat(Math.round((count / largest) * BAR)) || (count > 0 ? '▏' : '')
    const share = ((count / all) * 100).toFixed(count / all < 0.01 ? 2 : 1)
    return `  ${time(fromMs).padStart(10)} to ${time(toMs).padEnd(10)} ${bar.padEnd(BAR)} ${share} %`
  })
}

function threadLines({ threadShares }: BenchResult): string[] {
  if (!threadShares) return []
  return [
    '',
    ...threadShares.map((share, index) => `  thread ${index}: ${(share * 100).toFixed(1)} % of the greetings`),
  ]
}

function ratio({ median, low, high }: Spread): string {
  return low === high ? median.toFixed(2) : `${median.toFixed(2)} [${low.toFixed(2)} … ${high.toFixed(2)}]`
}

function time(milliseconds: number): string {
  if (milliseconds < 1) return `${(milliseconds * 1_000).toFixed(0)} µs`
  return milliseconds < 1_000 ? `${milliseconds.toFixed(2)} ms` : `${(milliseconds / 1_000).toFixed(2)} s`
}

function number(value: number): string {
  return Math.round(value).toLocaleString('en')
}
