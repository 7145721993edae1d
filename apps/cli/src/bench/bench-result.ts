/** The figures of one run, as they are shown, saved, compared and held against limits. */

import { CURRENT_RUNTIME } from '../runtime-binary.ts'
import { VERSION } from '../version.ts'
import type { LoadOptions, LoadOutcome } from './run-load.ts'

/** The latencies that are told, by name, and the share of all requests that each does not fall short of. */
export const LATENCY_SHARES = {
  p50: 0.5,
  p75: 0.75,
  p90: 0.9,
  p99: 0.99,
  'p99.9': 0.999,
  'p99.99': 0.9999,
  max: 1,
} as const

/** What must be the same of two runs that are compared. */
export const SETTINGS = ['connections', 'depth', 'rate', 'name', 'warmupMs'] as const

/** One run. It is what `--save` writes. */
export interface BenchResult extends Pick<LoadOptions, (typeof SETTINGS)[number]> {
  readonly target: string
  /** The runtime of the server, if we started it. */
  readonly runtime?: string
  /** What the server calls itself. */
  readonly agent: string
  /** How many requests of a connection the server lets be in flight, whatever the depth. */
  readonly maxInFlight: number
  /** What made the load. */
  readonly load: string
  /** When it ended. */
  readonly date: string
  readonly elapsedMs: number
  /** Greetings that came within that time. */
  readonly requests: number
  readonly perSecond: number
  /** Latencies in milliseconds; of what has no answer, the time that it waited. */
  readonly latencyMs: Readonly<Record<keyof typeof LATENCY_SHARES, number>>
  readonly spans: readonly { readonly fromMs: number; readonly toMs: number; readonly count: number }[]
  /** How many answers were errors, by name. */
  readonly errors: Readonly<Record<string, number>>
  /** How many connections ended, by reason, from the warm-up on. */
  readonly endedConnections: Readonly<Record<string, number>>
  /** How many requests got no answer. */
  readonly unanswered: number
  /** How busy the thread was that made the load, from 0 to 1. */
  readonly loadShare: number
  /** With a rate: how late the load itself let 99 % of the requests fall due, at most; it is part of their latency. */
  readonly latenessMs?: number
  /** The share of greetings that each thread of a server of ours made, from 0 to 1. */
  readonly threadShares?: readonly number[]
}

/** Sums up a run. */
export function benchResult(
  target: string,
  { connections, depth, rate, name, warmupMs }: LoadOptions,
  { tally, server, loadShare, lateness }: LoadOutcome,
): BenchResult {
  const { histogram, greetings, elapsedMs, errors, endedConnections, unanswered } = tally
  const latencies = Object.entries(LATENCY_SHARES).map(([of, share]) => [of, rounded(histogram.percentile(share))])
  return {
    target,
    agent: server.agent,
    maxInFlight: server.maxInFlight,
    load: `greet ${VERSION} on ${CURRENT_RUNTIME} ${process.versions[CURRENT_RUNTIME]}`,
    date: new Date().toISOString(),
    connections,
    depth,
    rate,
    name,
    warmupMs,
    elapsedMs: rounded(elapsedMs),
    requests: greetings,
    perSecond: rounded((greetings / elapsedMs) * 1_000),
    latencyMs: Object.fromEntries(latencies) as BenchResult['latencyMs'],
    spans: histogram.spans(),
    errors: Object.fromEntries(errors),
    endedConnections: Object.fromEntries(endedConnections),
    unanswered,
    loadShare: rounded(loadShare),
    ...(lateness && { latenessMs: rounded(lateness.percentile(0.99)) }),
  }
}

/** How much went wrong: answers that were errors, connections that ended, requests without an answer. */
export function errorCount({ errors, endedConnections, unanswered }: BenchResult): number {
  return [...Object.values(errors), ...Object.values(endedConnections)].reduce((sum, count) => sum + count, unanswered)
}

/** Whether nothing came back, not even an error. */
export function isSilent({ errors, unanswered, spans }: BenchResult): boolean {
  return Object.keys(errors).length === 0 && spans.reduce((sum, { count }) => sum + count, 0) === unanswered
}

function rounded(value: number): number {
  return Math.round(value * 1_000) / 1_000
}
