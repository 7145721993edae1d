/** What a case is: an id, the requirements it judges, what it needs, its variants, and a function that throws on a fault. */
import type { ServerOptions } from '../target/server-target.ts'

/** M: a MUST, fails the run. S: a SHOULD, fails it only under --strict. I: informational, never fails. */
export type Level = 'M' | 'S' | 'I'

/** What a case needs beyond a connection: control of the process, its pid, or a feature that the adapter lists. */
export type Need =
  | 'process'
  | 'pid'
  | 'pool'
  | 'shard'
  | 'text'
  | 'tls'
  | 'conformance-greeter'
  | 'execution-log'
  | (string & {})

export interface Case<Test> {
  /** A stable slug, `group.what`. */
  readonly id: string
  /** What must hold, as a sentence in the present tense. */
  readonly title: string
  /** Requirement ids of SPEC.md, without brackets. */
  readonly spec: readonly string[]
  readonly level: Level
  readonly needs?: readonly Need[]
  /** Options for a server started for the cases that ask for the same ones. */
  readonly options?: ServerOptions
  /** True when the case stops or wounds its server, so that each execution starts its own. */
  readonly ownTarget?: boolean
  /** True when real time decides, so that a lag of the suite itself makes a failure INCONCLUSIVE. */
  readonly timed?: boolean
  /** Names of the variants, each executed and reported; none means one execution. */
  readonly variants?: readonly string[]
  readonly run: (test: Test, variant: string) => Promise<void>
}

/** One case with one of its variants. */
export interface Execution<Test> {
  readonly case: Case<Test>
  /** Empty when the case has no variants. */
  readonly variant: string
}

/** The name under which an execution is selected and reported: `frm.bitflip/17`. */
export function executionName(id: string, variant: string): string {
  return variant === '' ? id : `${id}/${variant}`
}

/** Lists every execution of the cases, in order. */
export function executionsOf<Test>(cases: readonly Case<Test>[]): Execution<Test>[] {
  return cases.flatMap((one) => (one.variants ?? ['']).map((variant) => ({ case: one, variant })))
}

/** Names `count` variants "1" to `count`. */
export function numbered(count: number): string[] {
  return Array.from({ length: count }, (_, index) => String(index + 1))
}
