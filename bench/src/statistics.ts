/** Medians and spreads of small samples. */

/** The middle of a sample and its ends. */
export interface Spread {
  readonly median: number
  readonly lowest: number
  readonly highest: number
}

/** The middle value; the mean of the two middle ones if their number is even. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2
}

/** The median with its ends. */
export function spread(values: readonly number[]): Spread {
  return { median: median(values), lowest: Math.min(...values), highest: Math.max(...values) }
}

/** The spread of the ratios of two samples taken in pairs. */
export function ratio(subject: readonly number[], base: readonly number[]): Spread {
  return spread(subject.map((value, index) => value / (base[index] as number)))
}
