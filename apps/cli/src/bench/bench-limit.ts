/** The limits of `--limit`: `p99<5ms`, `rate>100000`, `errors<1`, several with commas. */

import { CommandError } from '../exit-codes.ts'
import { quotedText } from '../printable-text.ts'
import { type BenchResult, errorCount, LATENCY_SHARES } from './bench-result.ts'

/** One limit. */
export interface BenchLimit {
  readonly text: string
  isMet(result: BenchResult): boolean
}

/** Reads limits. Throws CommandError, which says what is allowed. */
export function parseLimits(text: string): readonly BenchLimit[] {
  return text.split(',').map(parseLimit)
}

function parseLimit(text: string): BenchLimit {
  const [, metric, comparator, amount, unit] =
    /^(p[\d.]+|max|rate|errors)([<>])(\d+(?:\.\d+)?)(us|ms|s)?$/.exec(text.trim()) ?? []
  const value = valueOf(metric)
  const isTime = metric !== 'rate' && metric !== 'errors'
  if (!value || isTime !== (unit !== undefined)) {
    throw new CommandError(
      'usage',
      `Cannot read --limit: ${quotedText(text)} is not a limit such as p99<5ms, max<1s, rate>100000 or errors<1; ` +
        'percentiles are p50, p75, p90, p99, p99.9 and p99.99',
    )
  }
  const bound = Number(amount) * (unit === undefined ? 1 : UNIT_MS[unit as keyof typeof UNIT_MS])
  const isMet = (result: BenchResult): boolean =>
    (comparator === '<' ? value(result) < bound : value(result) > bound) &&
    (!isTime || isKnown(metric as Latency, result))
  return { text: text.trim(), isMet }
}

function valueOf(metric: string | undefined): ((result: BenchResult) => number) | undefined {
  if (metric === 'rate') return ({ perSecond }) => perSecond
  if (metric === 'errors') return errorCount
  if (metric === undefined || !METRICS.has(metric)) return undefined
  return ({ latencyMs }) => latencyMs[metric as Latency]
}

/**
 * Whether so many requests were greeted that the rank of a latency is among them. What has no answer might have waited longer than
 * is counted, and what was answered with an error was not greeted in any time.
 */
function isKnown(metric: Latency, { spans, unanswered, errors }: BenchResult): boolean {
  const counted = spans.reduce((sum, { count }) => sum + count, 0)
  const all = Object.values(errors).reduce((sum, count) => sum + count, counted)
  return all > 0 && counted - unanswered >= LATENCY_SHARES[metric] * all
}

type Latency = keyof typeof LATENCY_SHARES

const METRICS: ReadonlySet<string> = new Set(Object.keys(LATENCY_SHARES))
const UNIT_MS = { us: 0.001, ms: 1, s: 1_000 } as const
