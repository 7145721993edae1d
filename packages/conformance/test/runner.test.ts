/** The runner, over a bench that is told how each attempt ends. */
import { describe, expect, it } from 'vitest'
import type { Case, Execution, Level } from '../src/run/case.ts'
import { runAll, type Bench, type RunOptions, type Trace } from '../src/run/runner.ts'
import { LagMeter } from '../src/run/timing.ts'
import { TargetError, TargetLate } from '../src/target/server-target.ts'
import { CaseFailure, Inconclusive, TimedOut, Unsupported } from '../src/wire/failure.ts'
import { ONCE } from './reference/run-once.ts'

type Ending = 'pass' | 'fail' | 'late'

const trace: Trace = { softFailures: [], notes: [], wire: () => [] }

const bench: Bench<Trace> = {
  refuses: () => undefined,
  openLane: () =>
    Promise.resolve({
      lacks: () => undefined,
      begin: () => trace,
      finish: () => Promise.resolve(),
      close: () => Promise.resolve(),
    }),
}

const options: RunOptions = { ...ONCE, jobs: 2, executionMs: 10_000 }

/** Runs cases side by side; each is given by how its attempts end. Tells what ran, and which attempts had company. */
async function run(endings: Record<string, Ending[]>, given: Partial<RunOptions> = {}) {
  const running = new Set<string>()
  const attempts: { id: string; beside: string[] }[] = []
  const executions = Object.entries(endings).map(([id, ends]): Execution<Trace> => {
    const left = [...ends]
    const attempt = async (): Promise<void> => {
      running.add(id)
      const one = { id, beside: [...running].filter((other) => other !== id) }
      attempts.push(one)
      await new Promise(setImmediate)
      running.delete(id)
      const ending = left.shift()
      if (ending === 'late') throw new Inconclusive('late')
      if (ending === 'fail') throw new CaseFailure('wrong')
    }
    const test: Case<Trace> = { id, title: id, level: 'M', spec: ['R-1'], ownTarget: true, run: attempt }
    return { case: test, variant: '' }
  })
  const results = await runAll(bench, executions, { ...options, ...given })
  return { attempts, verdicts: results.map(({ id, verdict, notes }) => [id, verdict, ...notes].join(' ')) }
}

function executionThatFinds(level: Level, ...finds: (Error | undefined)[]): Execution<Trace> {
  const left = [...finds]
  const attempt = (): Promise<void> => {
    const found = left.shift()
    return found === undefined ? Promise.resolve() : Promise.reject(found)
  }
  return { case: { id: 'a', title: 'a', level, spec: ['R-1'], run: attempt }, variant: '' }
}

/** Runs a case of this level whose target ends with a fault of its own if one is given, beside what the case finds. */
async function runOnce(level: Level, finds: Error | undefined, fault: Error | undefined): Promise<string> {
  const faulty: Bench<Trace> = {
    refuses: () => undefined,
    openLane: async (one) => ({
      ...(await bench.openLane(one)),
      finish: () => (fault === undefined ? Promise.resolve() : Promise.reject(fault)),
    }),
  }
  const [result] = await runAll(faulty, [executionThatFinds(level, finds)], options)
  return `${result!.verdict} ${result!.message ?? ''}`.trim()
}

/** Runs a case in rounds, each with a verdict of its own, and tells what they come to. */
async function runRounds(level: Level, ...finds: (Error | undefined)[]): Promise<string> {
  const results = await runAll(bench, [executionThatFinds(level, ...finds)], { ...options, repeat: finds.length })
  return results[0]!.verdict
}

/** Runs one case whose target does not come up in time, after the suite itself was held up for so long. */
async function runLate(heldUpMs: number): Promise<string> {
  const late: Bench<Trace> = {
    refuses: () => undefined,
    openLane: async () => {
      const meter = new LagMeter()
      do {
        const begun = performance.now()
        while (performance.now() - begun < heldUpMs);
        await new Promise(setImmediate)
      } while (meter.worstMs() < heldUpMs)
      meter.stop()
      throw new TargetLate('no line on stdout')
    },
  }
  const one: Case<Trace> = { id: 'a', title: 'a', level: 'M', spec: ['R-1'], run: () => Promise.resolve() }
  const [result] = await runAll(late, [{ case: one, variant: '' }], options)
  return result!.verdict
}

describe('the runner', () => {
  it('runs lanes side by side', async () => {
    const { attempts } = await run({ a: ['pass'], b: ['pass'] })
    expect(attempts[1]).toEqual({ id: 'b', beside: ['a'] })
  })

  it('runs an inconclusive execution again when all others are done, alone', async () => {
    const { attempts, verdicts } = await run({ a: ['late', 'pass'], b: ['late', 'fail'], c: ['pass'], d: ['fail'] })
    expect(attempts.map(({ id }) => id).slice(4)).toEqual(['a', 'b'])
    expect(attempts.slice(4).flatMap(({ beside }) => beside)).toEqual([])
    expect(verdicts).toEqual(['a PASS rerun alone after: late', 'b FAIL rerun alone after: late', 'c PASS', 'd FAIL'])
  })

  it('leaves an execution inconclusive that is late again', async () => {
    const { attempts, verdicts } = await run({ a: ['late', 'late', 'pass'] })
    expect(attempts).toHaveLength(2)
    expect(verdicts).toEqual(['a INCONCLUSIVE rerun alone after: late'])
  })

  it('does not run an execution whose target comes up too late, and finds that inconclusive if it lagged itself', async () => {
    expect(await runLate(0)).toBe('NOT-RUN')
    expect(await runLate(700)).toBe('INCONCLUSIVE')
  })

  it('finds an execution flaky that ends differently when repeated, but not for being late', async () => {
    const endings: Record<string, Ending[]> = {
      a: ['pass', 'fail', 'pass'],
      b: ['pass', 'late', 'pass'],
      c: ['late', 'pass', 'pass'],
      d: ['late', 'pass', 'fail'],
    }
    const { verdicts } = await run(endings, { repeat: 3 })
    expect(verdicts).toEqual(['a FLAKY', 'b PASS', 'c PASS', 'd FLAKY'])
  })

  it.each([
    ['FAIL', ['fail'], {}],
    ['FLAKY', ['pass', 'fail'], { repeat: 2 }],
    ['XPASS', ['pass'], { knownFailing: ['a'] }],
  ] as const)('with bail, stops at the first %s', async (verdict, ends, given) => {
    const { verdicts } = await run({ a: [...ends], b: ['pass', 'pass'] }, { ...given, jobs: 1, bail: true })
    expect(verdicts).toEqual([`a ${verdict}`, 'b NOT-RUN'])
  })

  it('expects the failure of a SHOULD that is listed as failing', async () => {
    const listed = { ...options, knownFailing: ['a'] }
    const [result] = await runAll(bench, [executionThatFinds('S', new CaseFailure('wrong'))], listed)
    expect(result!.verdict).toBe('XFAIL')
  })

  it('takes what breaks a SHOULD in one round as broken, not as flaky', async () => {
    const broken = new CaseFailure('wrong')
    expect(await runRounds('S', undefined, broken, undefined)).toBe('NON-STRICT')
    expect(await runRounds('S', broken, undefined)).toBe('NON-STRICT')
    expect(await runRounds('M', broken, undefined)).toBe('FLAKY')
    expect(await runRounds('M', undefined, new Error('bug'))).toBe('ERROR')
    expect(await runRounds('M', broken, new TargetError('gone'))).toBe('FAIL')
  })

  it('fails a target that breaks a rule of every case, whatever the case is about and comes to', async () => {
    const fault = new CaseFailure('the server died')
    expect(await runOnce('S', undefined, fault)).toBe('FAIL the server died')
    expect(await runOnce('I', undefined, fault)).toBe('FAIL the server died')
    expect(await runOnce('S', new CaseFailure('wrong'), fault)).toBe('FAIL the server died')
    expect(await runOnce('M', new Inconclusive('late'), fault)).toBe('FAIL the server died')
    expect(await runOnce('M', new Unsupported('lacks it'), fault)).toBe('FAIL the server died')
    expect(await runOnce('M', new CaseFailure('wrong'), fault)).toBe('FAIL wrong; and then: the server died')
    expect(await runOnce('S', new CaseFailure('wrong'), undefined)).toBe('NON-STRICT wrong')
  })

  it('does not wait again and again for a target that hangs', async () => {
    let opened = 0
    const hanging: Bench<Trace> = {
      refuses: () => undefined,
      openLane: () => {
        opened += 1
        return Promise.reject(new TargetLate('no answer'))
      },
    }
    const one: Case<Trace> = { id: 'a', title: 'a', level: 'M', spec: ['R-1'], run: () => Promise.resolve() }
    const executions = ['1', '2', '3', '4', '5'].map((variant) => ({ case: one, variant }))
    const results = await runAll(hanging, executions, options)
    expect(results.map(({ verdict, message }) => `${verdict} ${message}`)).toEqual([
      ...Array.from({ length: 3 }, () => 'NOT-RUN no answer'),
      ...Array.from({ length: 2 }, () => 'NOT-RUN the target did not come up 3 times in a row'),
    ])
    expect(opened).toBe(3)
  })

  it('gives up on a target that answers no fresh connection', async () => {
    const works = ['yes', 'no', 'no', 'yes', 'no', 'no', 'no'] as const
    let finished = 0
    const falling: Bench<Trace> = {
      refuses: () => undefined,
      openLane: async (one) => ({
        ...(await bench.openLane(one)),
        finish: () => (works[finished++] === 'no' ? Promise.reject(new TimedOut('no answer')) : Promise.resolve()),
      }),
    }
    const one: Case<Trace> = { id: 'a', title: 'a', level: 'M', spec: ['R-1'], run: () => Promise.resolve() }
    const executions = Array.from({ length: 9 }, (_, index) => ({ case: one, variant: `${index}` }))
    const results = await runAll(falling, executions, options)
    expect(results.map(({ verdict, message = '' }) => `${verdict} ${message}`.trim())).toEqual([
      ...works.map((word) => (word === 'no' ? 'FAIL no answer' : 'PASS')),
      ...Array.from({ length: 2 }, () => 'NOT-RUN a fresh connection did not work 3 times in a row'),
    ])
  })
})
