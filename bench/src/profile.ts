/** How long and how often the benchmark measures. */

/** One size of the benchmark. */
export interface Profile {
  readonly name: 'full' | 'short'
  /** Rounds of each rotation. */
  readonly rounds: number
  /** Seconds under load for each measurement, behind the warm-up. */
  readonly seconds: number
  readonly warmup: number
  readonly depths: readonly number[]
  /** Whether connections, name lengths and alphabets are varied too. */
  readonly sweeps: boolean
}

/** Everything. */
export const FULL: Profile = { name: 'full', rounds: 5, seconds: 1, warmup: 0.2, depths: [1, 16, 128], sweeps: true }

/** Under two minutes. */
export const SHORT: Profile = {
  name: 'short',
  rounds: 3,
  seconds: 0.4,
  warmup: 0.1,
  depths: [1, 16, 128],
  sweeps: false,
}
