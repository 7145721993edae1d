/** The figures of one run, as they are shown, saved, compared and held against limits. */

import type { LoadOptions, LoadOutcome } from './run-load.ts'

/** The percentiles that are told, by name. */
export const PERCENTILES = { p50: 0.5, p75: 0.75, p90: 0.9, p99: 0.99, 'p99.9': 0.999, 'p99.99': 0.9999 } as const

/** One run. It is what `--save` writes. */
export interface BenchResult {
  readonly target: string
  /** The runtime of the server, if we started it. */
  readonly runtime?: string
  readonly connections: number
  readonly depth: number
  readonly rate: number
  readonly elapsedMs: number
  readonly requests: number
  readonly perSecond: number
  /** Latencies in milliseconds. */
  readonly latencyMs: Readonly<Record<keyof typeof PERCENTILES | 'max', number>>
  readonly spans: readonly { readonly fromMs: number; readonly toMs: number; readonly count: number }[]
  readonly errors: Readonly<Record<string, number>>
  /** The share of greetings that each thread of a server of ours made, from 0 to 1. */
  readonly threadShares?: readonly number[]
}

/** Sums up a run. */
export function benchResult(
  target: string,
  { connections, depth, rate }: LoadOptions,
  { histogram, elapsedMs, errors }: LoadOutcome,
): BenchResult {
  const percentiles = Object.entries(PERCENTILES).map(([name, share]) => [name, rounded(histogram.percentile(share))])
  return {
    target,
    connections,
    depth,
    rate,
    elapsedMs: rounded(elapsedMs),
    requests: histogram.count,
    perSecond: rounded((histogram.count / elapsedMs) * 1_000),
    latencyMs: { ...Object.fromEntries(percentiles), max: rounded(histogram.maxMs) } as BenchResult['latencyMs'],
    spans: histogram.spans(),
    errors,
  }
}

/** How many answers were errors. */
export function errorCount({ errors }: BenchResult): number {
  return Object.values(errors).reduce((sum, count) => sum + count, 0)
}

function rounded(value: number): number {
  return Math.round(value * 1_000) / 1_000
}
