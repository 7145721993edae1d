/** From what an execution showed to its verdict, and from its rounds to one. Knows levels and failures; knows nothing of lanes or of what was tested. */
import { TargetError, TargetLate } from '../target/server-target.ts'
import { CaseFailure, Inconclusive, TimedOut, Unsupported } from '../wire/failure.ts'
import type { Level } from './case.ts'
import { gravest, type Result, type Verdict } from './verdict.ts'

/** What an execution showed. */
export interface Evidence {
  readonly level: Level
  /** Real time decides. */
  readonly timed: boolean
  /** What the case threw. */
  readonly failure: unknown
  /** What broke a rule that holds in every case. */
  readonly fault: unknown
  /** The first SHOULD that it found broken. */
  readonly softFailure: string | undefined
  /** How much the suite itself lagged meanwhile. */
  readonly lagMs: number
}

/** The verdict, and why when it is not PASS. A rule that holds in every case is a MUST, also where the case judges less. */
export function judge({ fault, ...evidence }: Evidence, strict: boolean): Judgement {
  const own = judgeCase(evidence, strict)
  if (fault === undefined) return own
  const always = judgeCase({ ...evidence, level: 'M', timed: false, failure: fault }, strict)
  if (own[0] === always[0] && own[1] !== always[1]) return [own[0], `${own[1]}; and then: ${always[1]}`]
  return gravest([own[0], always[0]]) === own[0] ? own : always
}

/** Two rounds of one execution as one: FLAKY when one passed and one failed, otherwise the graver. What was late does not count. */
export function joinRounds(before: Result, again: Result, round: number): Result {
  if (again.verdict === 'INCONCLUSIVE') return before
  if (before.verdict === 'INCONCLUSIVE') return again
  const [graver, other] =
    gravest([before.verdict, again.verdict]) === before.verdict ? [before, again] : [again, before]
  if (graver.verdict !== 'FAIL' || !PASSED.has(other.verdict)) return graver
  const message = `${before.verdict}, then ${again.verdict} in round ${round}: ${graver.message ?? ''}`
  return { ...graver, verdict: 'FLAKY', message }
}

type Judgement = [verdict: Verdict, message?: string]

function judgeCase({ level, timed, failure, softFailure, lagMs }: Omit<Evidence, 'fault'>, strict: boolean): Judgement {
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

const PASSED = new Set<Verdict>(['PASS', 'NON-STRICT', 'INFO'])
const LAG_EXCUSE_MS = 500
const TIMED_LAG_EXCUSE_MS = 60
