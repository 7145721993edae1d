/**
 * How long the suite waits, derived from what it measures: the round trip to the target and its own event loop's delay.
 * A limit only ends a wait for something that must come; nothing is ever proved by silence.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks'

export interface Timing {
  /** Longest wait for one expected thing, in milliseconds. */
  readonly reactionMs: number
  readonly roundTripMs: number
}

/** Derives the limits from measured round trips; `scale` stretches them. */
export function timingFrom(roundTripsMs: readonly number[], scale: number): Timing {
  const slowest = Math.max(0, ...roundTripsMs)
  return { reactionMs: Math.max(SHORTEST_REACTION_MS, 40 * slowest) * scale, roundTripMs: median(roundTripsMs) }
}

/** Tells how much the suite itself lagged, so that a late answer is not blamed on the peer. */
export class LagMeter {
  readonly #histogram = monitorEventLoopDelay({ resolution: 10 })

  constructor() {
    this.#histogram.enable()
  }

  /** Begins a new measurement. */
  reset(): void {
    this.#histogram.reset()
  }

  /** The longest delay of the event loop since `reset`, in milliseconds. */
  worstMs(): number {
    const worst = this.#histogram.max / 1e6
    return Number.isFinite(worst) ? worst : 0
  }

  stop(): void {
    this.#histogram.disable()
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0
}

const SHORTEST_REACTION_MS = 4_000
