/** From what an execution showed to its verdict. Knows levels and failures; knows nothing of lanes or of what was tested. */
import { TargetError, TargetLate } from '../target/server-target.ts'
import { CaseFailure, Inconclusive, TimedOut, Unsupported } from '../wire/failure.ts'
import type { Level } from './case.ts'
import type { Verdict } from './verdict.ts'

/** What an execution showed. */
export interface Evidence {
  readonly level: Level
  /** Real time decides. */
  readonly timed: boolean
  /** What the case threw. */
  readonly failure: unknown
  /** The first SHOULD that it found broken. */
  readonly softFailure: string | undefined
  /** How much the suite itself lagged meanwhile. */
  readonly lagMs: number
}

/** The verdict, and why when it is not PASS. */
export function judge(
  { level, timed, failure, softFailure, lagMs }: Evidence,
  strict: boolean,
): [verdict: Verdict, message?: string] {
  if (failure instanceof Unsupported) return ['UNSUPPORTED', failure.message]
  if (failure instanceof Inconclusive) return ['INCONCLUSIVE', failure.message]
  const late = failure instanceof TimedOut || failure instanceof TargetLate
  const excused =
    (late && lagMs > LAG_EXCUSE_MS) || (timed && failure instanceof CaseFailure && lagMs > TIMED_LAG_EXCUSE_MS)
  if (failure instanceof Error && excused)
    return ['INCONCLUSIVE', `${failure.message}, while the suite itself lagged by ${Math.round(lagMs)} ms`]
  if (failure instanceof CaseFailure) return [brokenVerdict(level, strict), failure.message]
  if (failure instanceof TargetError) return ['NOT-RUN', failure.message]
  if (failure instanceof Error) return ['ERROR', failure.stack ?? failure.message]
  if (failure !== undefined) return ['ERROR', 'something that is no Error was thrown']
  if (softFailure !== undefined) return [brokenVerdict('S', strict), softFailure]
  return [level === 'I' ? 'INFO' : 'PASS']
}

function brokenVerdict(level: Level, strict: boolean): Verdict {
  if (level === 'I') return 'INFO'
  return level === 'M' || strict ? 'FAIL' : 'NON-STRICT'
}

const LAG_EXCUSE_MS = 500
const TIMED_LAG_EXCUSE_MS = 60
