/** `explain`: a case with the requirements it judges, or a requirement with the cases that judge it. */
import { requirement } from '../requirements.ts'
import { executionName, type Case } from '../run/case.ts'
import { untestable } from '../untestable.ts'
import { UsageError } from '../usage-error.ts'

const LEVELS = {
  M: 'MUST: a failure fails the run',
  S: 'SHOULD: a failure fails the run under --strict',
  I: 'informational: never fails',
}

/** Explains case ids, `id/variant` names and requirement ids; throws `UsageError` on any other. */
export function explain(ids: readonly string[], cases: readonly Case<any>[]): string {
  if (ids.length === 0)
    throw new UsageError(
      'Cannot explain nothing: give a case id such as utf.state-leak, or a requirement id such as R-6.3-2',
    )
  return ids.map((id) => explainOne(id, cases)).join('\n')
}

function explainOne(id: string, cases: readonly Case<any>[]): string {
  const one = cases.find((candidate) =>
    ['', ...(candidate.variants ?? [])].some((variant) => executionName(candidate.id, variant) === id),
  )
  if (one) return explainCase(one)
  const found = requirement(id.replaceAll(/[[\]]/g, ''))
  if (!found)
    throw new UsageError(`Cannot explain "${id}": no case or requirement has this id; run "list" to see the cases`)
  const judging = cases
    .filter((candidate) => candidate.spec.includes(found.id))
    .map((candidate) => `  ${candidate.id}: ${candidate.title}`)
  const reason = untestable[found.id] === undefined ? [] : [`  not tested: ${untestable[found.id]}`]
  return [`[${found.id}] (${found.who}) ${found.text}`, ...judging, ...reason, ''].join('\n')
}

function explainCase(one: Case<any>): string {
  const lines = [`${one.id}: ${one.title}`, `  level: ${LEVELS[one.level]}`]
  if (one.needs) lines.push(`  needs: ${one.needs.join(', ')}`)
  if (one.options) lines.push(`  server options: ${JSON.stringify(one.options)}`)
  if (one.ownTarget === true) lines.push('  starts a server of its own for each execution')
  if (one.variants)
    lines.push(
      `  variants (${one.variants.length}): ${one.variants.slice(0, 20).join(' ')}${one.variants.length > 20 ? ' …' : ''}`,
    )
  for (const id of one.spec) lines.push(`  [${id}] ${requirement(id)?.text ?? '(not in this SPEC)'}`)
  return `${lines.join('\n')}\n`
}
