/** The rounds of one server, and how they compare with those of another: ratios of figures, each with its spread. */

import type { BenchResult } from './bench-result.ts'

/** All results of one server, in the order of the rounds. */
export interface BenchSeries {
  /** What tells it from the others: the runtime of a server of ours, else the target. */
  readonly name: string
  readonly rounds: readonly BenchResult[]
}

/** The middle of several values, and the least and the greatest. */
export interface Spread {
  readonly median: number
  readonly low: number
  readonly high: number
}

/** How many times the figures of one series are those of another. */
export interface Comparison {
  readonly of: string
  readonly with: string
  readonly perSecond: Spread
  readonly p50: Spread
  readonly p99: Spread
}

/** Sorts results by server. */
export function seriesOf(results: readonly BenchResult[]): readonly BenchSeries[] {
  return [...Map.groupBy(results, ({ runtime, target }) => runtime ?? target)].map(([name, rounds]) => ({
    name,
    rounds,
  }))
}

/** Compares round by round, because what disturbs a round disturbs its neighbour too. */
export function compareSeries(of: BenchSeries, base: BenchSeries): Comparison {
  const ratios = (figure: (result: BenchResult) => number): Spread =>
    spreadOf(
      of.rounds.map((result, index) => figure(result) / figure(base.rounds[index % base.rounds.length] as BenchResult)),
    )
  return {
    of: of.name,
    with: base.name,
    perSecond: ratios(({ perSecond }) => perSecond),
    p50: ratios(({ latencyMs }) => latencyMs.p50),
    p99: ratios(({ latencyMs }) => latencyMs.p99),
  }
}

/** The round with the middle rate. */
export function middleRound({ rounds }: BenchSeries): BenchResult {
  const sorted = rounds.toSorted((one, other) => one.perSecond - other.perSecond)
  return sorted[Math.floor(sorted.length / 2)] as BenchResult
}

/** Of several values. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((one, other) => one - other)
  const at = (index: number): number => sorted[index] as number
  return { median: at(Math.floor(sorted.length / 2)), low: at(0), high: at(sorted.length - 1) }
}
