/** Which executions run: `--run` and `--skip` patterns over case ids and `id/variant` names. */
import { executionName, executionsOf, type Case, type Execution } from './case.ts'

export interface Selection {
  readonly run: readonly string[]
  readonly skip: readonly string[]
}

/** Returns the executions that a selection keeps; no `run` pattern keeps all. */
export function select<Test>(cases: readonly Case<Test>[], selection: Selection): Execution<Test>[] {
  const wanted = selection.run.map(matcher)
  const unwanted = selection.skip.map(matcher)
  return executionsOf(cases).filter(
    (one) =>
      (wanted.length === 0 || wanted.some((matches) => matches(one))) && !unwanted.some((matches) => matches(one)),
  )
}

/** Tells whether a pattern names at least one execution. */
export function matchesAny<Test>(cases: readonly Case<Test>[], pattern: string): boolean {
  return executionsOf(cases).some(matcher(pattern))
}

/** Compiles a pattern: `*` stands for anything within a name, `**` for anything; a case id names all its variants. */
export function matcher(pattern: string): (execution: { case: { id: string }; variant: string }) => boolean {
  const source = pattern
    .split(/(\*{1,2})/)
    .map((part) =>
      part === '**' ? '.*' : part === '*' ? '[^./]*' : part.replaceAll(/[\\^$.|?+()[\]{}]/g, String.raw`\$&`),
    )
    .join('')
  const whole = new RegExp(`^${source}$`)
  return ({ case: { id }, variant }) => whole.test(id) || whole.test(executionName(id, variant))
}
