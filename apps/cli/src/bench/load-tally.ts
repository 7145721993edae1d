/**
 * Counts what becomes of the requests of a load.
 *
 * In the warm-up only connections that end are remembered. In the measurement everything counts. Behind it, in the grace, no
 * request begins, but what is still out is waited for: its latency counts, its greeting does not count for the rate.
 */

import type { UsageError } from '@greetwire/protocol'
import { CommandError, type ExitName } from '../exit-codes.ts'
import { LatencyHistogram } from './latency-histogram.ts'
import type { LoadListener } from './load-connection.ts'
import type { LoadEnd } from './load-end.ts'

/** What a load is doing. */
export type LoadPhase = 'warming up' | 'measuring' | 'waiting for the last answers'

/** The counts of one load. */
export class LoadTally implements LoadListener {
  /** Latencies of the requests that got a greeting; and of those without an answer, as long as they waited. */
  readonly histogram: LatencyHistogram = new LatencyHistogram()
  /** How many answers were errors, by name. */
  readonly errors = new Map<string, number>()
  /** How many connections ended, by reason, in the warm-up too. */
  readonly endedConnections = new Map<string, number>()
  /** Greetings that came within the measurement. */
  greetings = 0
  /** Requests that never got an answer. */
  unanswered = 0
  /** Everything that ever came back, in any phase. */
  answers = 0
  phase: LoadPhase = 'warming up'
  readonly #enough: number
  readonly #over = Promise.withResolvers<void>()
  #alive: number
  #lastExit: ExitName = 'unreachable'
  #beganAt = 0
  #endedAt = 0
  /** When each request began that was lost with its connection. */
  #lost: number[] = []

  /** The measurement is over after `enough` greetings; 0 is never. */
  constructor(connections: number, enough: number) {
    this.#alive = connections
    this.#enough = enough
  }

  /** Resolves once there is nothing to wait for: enough greetings, or no connection left. Rejects if the name cannot be sent. */
  get over(): Promise<void> {
    return this.#over.promise
  }

  /** How long the measurement takes or took. */
  get elapsedMs(): number {
    return (this.phase === 'measuring' ? performance.now() : this.#endedAt) - this.#beganAt
  }

  /** Ends the warm-up. */
  begin(): void {
    this.histogram.clear()
    this.errors.clear()
    this.#lost = []
    this.#beganAt = performance.now()
    this.phase = 'measuring'
  }

  /** Ends the measurement, if that is not so yet. */
  end(): void {
    if (this.phase !== 'measuring') return
    this.#endedAt = performance.now()
    this.phase = 'waiting for the last answers'
  }

  /** Counts requests that nobody waits for any more: each took at least until now. */
  giveUp(began: readonly number[]): void {
    const waited = [...this.#lost, ...began]
    const now = performance.now()
    for (const at of waited) this.histogram.record(now - at)
    this.unanswered += waited.length
    this.#lost = []
  }

  /** Throws CommandError if every connection to `target` has ended. */
  checkAlive(target: string): void {
    if (this.#alive > 0) return
    const reasons = [...this.endedConnections].map(([reason, count]) => `${reason} (${count})`).join(', ')
    const message = `Lost every connection to ${target}, ${this.greetings} greetings into the measurement: ${reasons}`
    throw new CommandError(this.#lastExit, message)
  }

  greeted(latencyMs: number): void {
    this.answers++
    this.histogram.record(latencyMs)
    if (this.phase !== 'measuring' || ++this.greetings !== this.#enough) return
    this.end()
    this.#over.resolve()
  }

  failed(name: string): void {
    this.answers++
    increment(this.errors, name)
  }

  ended({ reason, exit }: LoadEnd, unanswered: readonly number[]): void {
    increment(this.endedConnections, reason)
    for (const at of unanswered) this.#lost.push(at)
    this.#lastExit = exit
    if (--this.#alive === 0) this.#over.resolve()
  }

  refused(error: UsageError): void {
    this.#over.reject(error)
  }
}

function increment(counts: Map<string, number>, what: string): void {
  counts.set(what, (counts.get(what) ?? 0) + 1)
}
