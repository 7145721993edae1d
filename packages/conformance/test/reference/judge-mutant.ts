/** Runs cases against a mutant and tells which of them fail. */
import { clientCases } from '../../src/cases/client/catalogue.ts'
import { serverCases } from '../../src/cases/server/catalogue.ts'
import { fileURLToPath } from 'node:url'
import type { Case, Execution } from '../../src/run/case.ts'
import { ClientBench } from '../../src/run/client-bench.ts'
import { runAll, type Bench, type Trace } from '../../src/run/runner.ts'
import { select } from '../../src/run/selection.ts'
import { ServerBench } from '../../src/run/server-bench.ts'
import type { Result } from '../../src/run/verdict.ts'
import { commandSource } from '../../src/target/command-source.ts'
import { STARTS_WITHIN_MS, type AdapterChild } from '../../src/target/child.ts'
import type { ServerSource } from '../../src/target/server-target.ts'
import type { Has } from './bugs.ts'
import { InProcessClient } from './in-process-client.ts'
import { ONCE } from './run-once.ts'
import { inProcessSource } from './in-process-source.ts'

export interface JudgeOptions {
  /** Patterns of cases; none means all. */
  readonly run?: readonly string[]
  readonly skip?: readonly string[]
  readonly timeoutScale?: number
  readonly seed?: number
  /** True unless told otherwise: a broken SHOULD kills a mutant too. */
  readonly strict?: boolean
  /** True for a process of its own, whose memory and descriptors can be looked at and which may die. */
  readonly ownProcess?: boolean
  /** At most so many variants of each case. */
  readonly variants?: number
}

export function serverCommand(traits: readonly string[]): string[] {
  return [process.execPath, fileURLToPath(new URL('server-main.ts', import.meta.url)), ...traits]
}

export function clientCommand(traits: readonly string[]): string[] {
  return [process.execPath, fileURLToPath(new URL('client-main.ts', import.meta.url)), ...traits]
}

/** Judges a reference server with these traits, inside this process unless a process of its own is asked for. */
export function judgeServer(traits: readonly string[], options: JudgeOptions = {}): Promise<Result[]> {
  const has: Has = (trait) => traits.includes(trait)
  const source: ServerSource =
    options.ownProcess === true ? commandSource(serverCommand(traits), STARTS_WITHIN_MS) : inProcessSource(has)
  return judge(new ServerBench(source, { timeoutScale: options.timeoutScale ?? 1, seed: 1 }), serverCases, options)
}

/** Judges a reference client with these traits, inside this process unless a process of its own is asked for. */
export function judgeClient(traits: readonly string[], options: JudgeOptions = {}): Promise<Result[]> {
  const inside = (command: readonly string[]): AdapterChild =>
    new InProcessClient(command, (bug) => traits.includes(bug))
  const bench = new ClientBench(
    clientCommand(traits),
    { timeoutScale: options.timeoutScale ?? 1 },
    options.ownProcess === true ? undefined : inside,
  )
  return judge(bench, clientCases, options)
}

function judge<Test extends Trace>(
  bench: Bench<Test>,
  cases: readonly Case<Test>[],
  options: JudgeOptions,
): Promise<Result[]> {
  const most = options.variants ?? Infinity
  const executions = thinned(select(cases, { run: options.run ?? [], skip: options.skip ?? [] }), most)
  return runAll(bench, executions, {
    ...ONCE,
    seed: options.seed ?? 1,
    strict: options.strict ?? true,
    jobs: 2,
  })
}

/** At most so many executions of each case: the first, the last, and evenly between. */
function thinned<Test>(executions: readonly Execution<Test>[], most: number): Execution<Test>[] {
  return [...Map.groupBy(executions, (execution) => execution.case).values()].flatMap((group) =>
    group.length <= most
      ? group
      : Array.from(
          { length: most },
          (_, index) => group[Math.round((index * (group.length - 1)) / Math.max(1, most - 1))]!,
        ),
  )
}
