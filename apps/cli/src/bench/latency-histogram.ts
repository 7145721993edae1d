/**
 * Counts latencies in logarithmic buckets, each power of two cut into 128: any value is known to 0.8 %, at a cost that does not
 * depend on how many there are. The unit inside is a tenth of a microsecond.
 */

const HALF_BITS = 7
const HALF = 1 << HALF_BITS
const BUCKETS = (33 - HALF_BITS) * HALF
const UNITS_PER_MS = 10_000
const LONGEST = 0xffff_ffff

/** A histogram of milliseconds. */
export class LatencyHistogram {
  readonly #counts = new Float64Array(BUCKETS)
  count = 0
  maxMs = 0

  /** Counts one latency; more than seven minutes count as seven minutes. */
  record(milliseconds: number): void {
    this.#counts[bucketOf(Math.min(Math.max(Math.round(milliseconds * UNITS_PER_MS), 0), LONGEST))]! += 1
    this.count++
    if (milliseconds > this.maxMs) this.maxMs = milliseconds
  }

  /** Forgets everything. */
  clear(): void {
    this.#counts.fill(0)
    this.count = 0
    this.maxMs = 0
  }

  /** The least latency that at least a share of all does not exceed, 0 if there is none; `share` is from 0 to 1. */
  percentile(share: number): number {
    const rank = Math.max(1, Math.ceil(share * this.count))
    let seen = 0
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      seen += this.#counts[bucket] as number
      if (seen >= rank) return Math.min(highestOf(bucket) / UNITS_PER_MS, this.maxMs)
    }
    return this.maxMs
  }

  /** How many latencies lie in each span between powers of two, from the first that holds any to the last. */
  spans(): { fromMs: number; toMs: number; count: number }[] {
    const spans = Array.from({ length: 33 }, (_, exponent) => {
      const [from, to] = [exponent === 0 ? 0 : 2 ** exponent, 2 ** (exponent + 1)]
      let count = 0
      for (let bucket = bucketOf(from); bucket < BUCKETS && highestOf(bucket) < to; bucket++)
        count += this.#counts[bucket] as number
      return { fromMs: from / UNITS_PER_MS, toMs: to / UNITS_PER_MS, count }
    })
    return spans.slice(Math.max(0, spans.findIndex(isHeld)), spans.findLastIndex(isHeld) + 1)
  }
}

const isHeld = ({ count }: { count: number }): boolean => count > 0

function bucketOf(value: number): number {
  if (value < 2 * HALF) return value
  const shift = 31 - Math.clz32(value) - HALF_BITS
  return shift * HALF + Math.floor(value / 2 ** shift)
}

function highestOf(bucket: number): number {
  if (bucket < 2 * HALF) return bucket
  const shift = Math.floor(bucket / HALF) - 1
  return (bucket - shift * HALF + 1) * 2 ** shift - 1
}
