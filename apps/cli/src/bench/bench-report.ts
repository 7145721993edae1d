/** Draws a result for a terminal: figures, percentiles, a histogram, the share of each thread, and the ratio to another result. */

import { type BenchResult, errorCount } from './bench-result.ts'

const BAR = 40

/** The lines of one result; `before` is what it is compared with. */
export function reportLines(result: BenchResult, before?: BenchResult): readonly string[] {
  const { target, runtime, connections, depth, rate, elapsedMs } = result
  const pace = rate > 0 ? `${number(rate)} requests/s asked for` : 'as fast as answers come'
  const server = runtime === undefined ? target : `${runtime} at ${target}`
  return [
    `${server}: ${connections} connections, depth ${depth}, ${pace}, ${(elapsedMs / 1_000).toFixed(1)} s`,
    '',
    `  ${number(result.requests)} greetings, ${number(result.perSecond)}/s${versus(result.perSecond, before?.perSecond)}`,
    ...errorLines(result),
    '',
    ...Object.entries(result.latencyMs).map(
      ([name, ms]) =>
        `  ${name.padEnd(7)}${time(ms).padStart(10)}${versus(ms, before?.latencyMs[name as keyof BenchResult['latencyMs']])}`,
    ),
    '',
    ...histogramLines(result),
    ...threadLines(result),
  ]
}

/** One line that sets two results side by side. */
export function comparisonLine(result: BenchResult, base: BenchResult): string {
  const rate = (result.perSecond / base.perSecond).toFixed(2)
  const p99 = (result.latencyMs.p99 / base.latencyMs.p99).toFixed(2)
  return `${nameOf(result)} against ${nameOf(base)}: ${rate} times the greetings, ${p99} times the p99`
}

function nameOf({ runtime, target }: BenchResult): string {
  return runtime ?? target
}

function errorLines(result: BenchResult): string[] {
  if (errorCount(result) === 0) return []
  return Object.entries(result.errors).map(([name, count]) => `  ${number(count)} times ${name}`)
}

function histogramLines({ spans, requests }: BenchResult): string[] {
  const largest = Math.max(...spans.map(({ count }) => count))
  return spans.map(({ fromMs, toMs, count }) => {
    const bar = '█'.repeat(Math.round((count / largest) * BAR)) || (count > 0 ? '▏' : '')
    const share = ((count / requests) * 100).toFixed(count / requests < 0.01 ? 2 : 1)
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

function versus(value: number, before: number | undefined): string {
  return before === undefined || before === 0 ? '' : `  (${(value / before).toFixed(2)} times before)`
}

function time(milliseconds: number): string {
  if (milliseconds < 1) return `${(milliseconds * 1_000).toFixed(0)} µs`
  return milliseconds < 1_000 ? `${milliseconds.toFixed(2)} ms` : `${(milliseconds / 1_000).toFixed(2)} s`
}

function number(value: number): string {
  return Math.round(value).toLocaleString('en')
}
