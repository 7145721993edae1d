/** How long and how often the benchmark measures. */

/** One size of the benchmark. */
export interface Profile {
  readonly name: 'full' | 'short'
  /** Pairs for each question with a target, and rounds of everything else that has one. */
  readonly rounds: number
  /** Pairs for each question that is for comparison only. */
  readonly comparisonRounds: number
  /** Rounds through the rows with other connections, name lengths and alphabets. */
  readonly sweepRounds: number
  /** Seconds under load for each measurement, behind the warm-up. */
  readonly seconds: number
  readonly warmup: number
  /** Whether grpc is measured, which takes h2load six seconds each time. */
  readonly grpc: boolean
}

/** Everything: about twenty minutes. */
export const FULL: Profile = {
  name: 'full',
  rounds: 7,
  comparisonRounds: 3,
  sweepRounds: 3,
  seconds: 0.8,
  warmup: 0.2,
  grpc: true,
}

/** What has a target, except against grpc: under 100 seconds. */
export const SHORT: Profile = {
  name: 'short',
  rounds: 3,
  comparisonRounds: 0,
  sweepRounds: 0,
  seconds: 0.2,
  warmup: 0.05,
  grpc: false,
}

/** The profile with this many rounds of each kind at most. */
export function withRounds(profile: Profile, rounds: number): Profile {
  const { comparisonRounds, sweepRounds } = profile
  return {
    ...profile,
    rounds,
    comparisonRounds: Math.min(comparisonRounds, rounds),
    sweepRounds: Math.min(sweepRounds, rounds),
  }
}
