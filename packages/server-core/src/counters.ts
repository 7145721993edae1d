/**
 * What each thread counts, in shared memory, so that the main thread can read it without asking.
 *
 * Each set of counters has one writer, so plain additions are enough; a reader may be a moment behind.
 */

/** The counters of one thread, in the order in which they lie in memory. */
export const COUNTER_NAMES = [
  'connectionsAccepted',
  'connectionsRefused',
  'connectionsOpen',
  'requests',
  'bytesReceived',
  'bytesSent',
] as const

/** The name of a counter. */
export type CounterName = (typeof COUNTER_NAMES)[number]

const indexOf = Object.fromEntries(COUNTER_NAMES.map((name, index) => [name, index])) as Record<CounterName, number>

/** The counters of one thread. */
export class ThreadCounters {
  readonly memory: SharedArrayBuffer
  readonly #values: Float64Array

  constructor(
    memory: SharedArrayBuffer = new SharedArrayBuffer(COUNTER_NAMES.length * Float64Array.BYTES_PER_ELEMENT),
  ) {
    this.memory = memory
    this.#values = new Float64Array(memory)
  }

  add(name: CounterName, amount: number): void {
    this.#values[indexOf[name]]! += amount
  }

  get(name: CounterName): number {
    return this.#values[indexOf[name]]!
  }
}

/** Adds up the counters of several threads. */
export function sumCounters(threads: Iterable<ThreadCounters>): Record<CounterName, number> {
  const sums = Object.fromEntries(COUNTER_NAMES.map((name) => [name, 0])) as Record<CounterName, number>
  for (const counters of threads) for (const name of COUNTER_NAMES) sums[name] += counters.get(name)
  return sums
}
