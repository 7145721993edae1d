/**
 * Runs executions one after another in lanes: a lane is one running target, and all executions that ask for the same
 * options share it. Knows verdicts; knows nothing of frames, roles or reports.
 */
import { TargetError, TargetLate } from '../target/server-target.ts'
import { TimedOut, Unsupported } from '../wire/failure.ts'
import { executionName, type Case, type Execution } from './case.ts'
import { joinRounds, judge, type Evidence } from './judgement.ts'
import { expectFailure } from './known-failing.ts'
import { Random } from './random.ts'
import { LagMeter } from './timing.ts'
import { isFailure, type Result, type Verdict } from './verdict.ts'

/** What an execution leaves behind for the report. */
export interface Trace {
  readonly softFailures: readonly string[]
  readonly notes: readonly string[]
  wire(): string[]
}

/** One running target with the executions that share it. */
export interface Lane<Test extends Trace> {
  /** Why this lane cannot run a case, or nothing. */
  lacks(one: Case<Test>): string | undefined
  begin(execution: Execution<Test>, random: Random): Test
  /** Ends the execution: checks the rules that always hold, frees its connections; throws `CaseFailure`. */
  finish(test: Test): Promise<void>
  close(): Promise<void>
}

/** Opens lanes: the suite's client role and server role each have one. */
export interface Bench<Test extends Trace> {
  /** Why no lane can run a case, or nothing; asked before a lane is opened. */
  refuses(one: Case<Test>): string | undefined
  /** Throws `Unsupported` when the target lacks what all cases of the lane ask for. */
  openLane(one: Case<Test>): Promise<Lane<Test>>
}

/** The message of every execution that `bail` leaves out. */
export const ENDED_BY_BAIL = 'the run was ended by --bail'

export interface RunOptions {
  readonly seed: number
  readonly strict: boolean
  readonly repeat: number
  readonly jobs: number
  readonly bail: boolean
  /** Longest duration of one execution, in milliseconds. */
  readonly executionMs: number
  readonly knownFailing: readonly string[]
  readonly onResult?: (result: Result, done: number, total: number) => void
}

/** Runs every execution and returns a result for each, in the order given. */
export async function runAll<Test extends Trace>(
  bench: Bench<Test>,
  executions: readonly Execution<Test>[],
  options: RunOptions,
): Promise<Result[]> {
  const results = new Map<Execution<Test>, Result>()
  let bailed = false
  const report = (execution: Execution<Test>, result: Result): void => {
    results.set(execution, result)
    if (options.bail && isFailure(result.verdict)) bailed = true
    options.onResult?.(result, results.size, executions.length)
  }
  const queue = lanesOf(executions)
  const inconclusive = new Map<Execution<Test>, Result>()
  const drive = async (): Promise<void> => {
    for (let group = queue.shift(); group !== undefined; group = queue.shift()) {
      const runner = new LaneRunner(bench, options, () => bailed)
      for (const execution of group) {
        const result = await runner.run(execution)
        if (result.verdict === 'INCONCLUSIVE') inconclusive.set(execution, result)
        else report(execution, result)
      }
      await runner.close()
    }
  }
  await Promise.all(Array.from({ length: Math.max(1, options.jobs) }, drive))
  // Once more, with nothing beside them that could make the suite late again.
  for (const [execution, first] of inconclusive) {
    const runner = new LaneRunner(bench, options, () => bailed)
    const again = await runner.run(execution)
    await runner.close()
    report(execution, { ...again, notes: [...again.notes, `rerun alone after: ${first.message ?? ''}`] })
  }
  return executions.map((execution) => results.get(execution)!)
}

type Ending = Pick<Evidence, 'failure' | 'fault'>

class LaneRunner<Test extends Trace> {
  #lane: Lane<Test> | undefined
  #unsupported: string | undefined
  /** How often in a row the target did not come up in time. */
  #late = 0
  /** How often in a row a fresh connection got no answer afterwards. */
  #silent = 0
  readonly #lag = new LagMeter()
  readonly #seen = new Set<string>()

  readonly bench: Bench<Test>
  readonly options: RunOptions
  readonly bailed: () => boolean

  constructor(bench: Bench<Test>, options: RunOptions, bailed: () => boolean) {
    this.bench = bench
    this.options = options
    this.bailed = bailed
  }

  async run(execution: Execution<Test>): Promise<Result> {
    const { id } = execution.case
    if (this.bailed()) return resultOf(execution, 'NOT-RUN', ENDED_BY_BAIL)
    let outcome = await this.#attempt(execution)
    for (let round = 2; round <= this.options.repeat && outcome.verdict !== 'FLAKY'; round += 1)
      outcome = joinRounds(outcome, await this.#attempt(execution), round)
    const first = !this.#seen.has(id)
    this.#seen.add(id)
    const verdict = expectFailure(outcome.verdict, id, execution.variant, this.options.knownFailing)
    const message = verdict === 'XPASS' ? 'it passed, although it is listed as failing' : outcome.message
    return {
      ...outcome,
      verdict,
      ...(message !== undefined && { message }),
      wire: first || verdict !== 'PASS' ? outcome.wire : [],
    }
  }

  async close(): Promise<void> {
    this.#lag.stop()
    await this.#stopLane()
  }

  async #stopLane(): Promise<void> {
    await this.#lane?.close()
    this.#lane = undefined
  }

  async #attempt(execution: Execution<Test>): Promise<Result> {
    const begun = performance.now()
    this.#lag.reset()
    let test: Test | undefined
    let ending: Ending
    try {
      const refused = this.bench.refuses(execution.case) ?? this.#unsupported
      if (refused !== undefined) throw new Unsupported(refused)
      const lane = await this.#open(execution.case)
      const lacks = lane.lacks(execution.case)
      if (lacks !== undefined) throw new Unsupported(lacks)
      test = lane.begin(execution, new Random(this.options.seed, execution.case.id, execution.variant))
      ending = await this.#drive(execution, lane, test)
    } catch (cause) {
      ending = { failure: cause, fault: undefined }
    }
    const { failure, fault } = ending
    if (test) this.#silent = fault instanceof TimedOut ? this.#silent + 1 : 0
    const spoilt = fault !== undefined || (failure !== undefined && !(failure instanceof Unsupported))
    if (execution.case.ownTarget === true || spoilt) await this.#stopLane()
    const { level, timed = false } = execution.case
    const softFailure = test?.softFailures[0]
    const evidence = { ...ending, level, timed, softFailure, lagMs: this.#lag.worstMs() }
    const [verdict, message] = judge(evidence, this.options.strict)
    const notes = [...(test?.notes ?? [])]
    return {
      ...resultOf(execution, verdict, message),
      notes,
      durationMs: performance.now() - begun,
      wire: test?.wire() ?? [],
    }
  }

  async #drive(execution: Execution<Test>, lane: Lane<Test>, test: Test): Promise<Ending> {
    let failure: unknown
    let fault: unknown
    try {
      await within(
        this.options.executionMs,
        executionName(execution.case.id, execution.variant),
        execution.case.run(test, execution.variant),
      )
    } catch (cause) {
      failure = cause
    }
    try {
      await lane.finish(test)
    } catch (cause) {
      fault = cause
    }
    return { failure, fault }
  }

  async #open(one: Case<Test>): Promise<Lane<Test>> {
    if (this.#lane !== undefined) return this.#lane
    if (this.#silent >= MOST_LATE) throw new TargetError(`a fresh connection did not work ${MOST_LATE} times in a row`)
    if (this.#late >= MOST_LATE) throw new TargetError(`the target did not come up ${MOST_LATE} times in a row`)
    try {
      this.#lane = await this.bench.openLane(one)
      this.#late = 0
      return this.#lane
    } catch (cause) {
      if (cause instanceof Unsupported) this.#unsupported = cause.message
      if (cause instanceof TargetLate) this.#late += 1
      throw cause
    }
  }
}

/** A target that hangs costs the longest wait each time that it is tried. */
const MOST_LATE = 3

function lanesOf<Test>(executions: readonly Execution<Test>[]): Execution<Test>[][] {
  const lanes = new Map<string, Execution<Test>[]>()
  for (const execution of executions) {
    const { options, ownTarget, needs } = execution.case
    const log = needs?.includes('execution-log') ? 'log' : ''
    const key =
      ownTarget === true
        ? executionName(execution.case.id, execution.variant)
        : `${JSON.stringify(options ?? {})}${log}`
    const lane = lanes.get(key)
    if (lane) lane.push(execution)
    else lanes.set(key, [execution])
  }
  return [...lanes.values()]
}

function resultOf<Test>(execution: Execution<Test>, verdict: Verdict, message?: string): Result {
  const base = { id: execution.case.id, variant: execution.variant, verdict, notes: [], durationMs: 0, wire: [] }
  return message === undefined ? base : { ...base, message }
}

async function within(limitMs: number, what: string, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new TimedOut(`${what} was not done within ${limitMs} ms`)), limitMs)
  })
  work.catch(() => undefined)
  try {
    await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
