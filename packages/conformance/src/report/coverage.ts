/** Requirement by case, both ways: what each case judges, and what no case can. */
import { requirement, requirements } from '../requirements.ts'
import type { Case } from '../run/case.ts'
import { untestable } from '../untestable.ts'

/** What is wrong with the coverage; empty when nothing is. */
export function coverageFaults(
  serverCases: readonly Pick<Case<never>, 'id' | 'spec'>[],
  clientCases: readonly Pick<Case<never>, 'id' | 'spec'>[],
): string[] {
  const faults: string[] = []
  const all = [...serverCases, ...clientCases]
  const cited = new Set(all.flatMap((one) => one.spec))
  for (const { id, level } of requirements) {
    if (level === 'MUST' && !cited.has(id) && untestable[id] === undefined)
      faults.push(`${id} is a MUST that no case cites and that has no stated reason`)
    if (cited.has(id) && untestable[id] !== undefined) faults.push(`${id} is cited by a case and listed as untestable`)
  }
  for (const one of all) {
    if (one.spec.length === 0) faults.push(`${one.id} cites no requirement`)
    for (const id of one.spec) if (!requirement(id)) faults.push(`${one.id} cites ${id}, which SPEC.md does not have`)
  }
  for (const id of Object.keys(untestable))
    if (!requirement(id)) faults.push(`untestable lists ${id}, which SPEC.md does not have`)
  for (const [id, ones] of Map.groupBy(all, (one) => one.id))
    if (ones.length > 1) faults.push(`the case id ${id} is used ${ones.length} times`)
  return faults
}

/** Prints the coverage both ways, and whether it is complete. */
export function coverageText(
  serverCases: readonly Case<never>[] | readonly Case<any>[],
  clientCases: readonly Case<any>[],
): { text: string; complete: boolean } {
  const lines: string[] = []
  const all = [...serverCases, ...clientCases]
  for (const { id, level, who, text } of requirements) {
    const cases = all.filter((one) => one.spec.includes(id)).map((one) => one.id)
    const covered = cases.length > 0 ? cases.join(' ') : `not tested: ${untestable[id] ?? 'no case yet'}`
    lines.push(`${id} (${who}, ${level}) ${text}`, `    ${covered}`)
  }
  lines.push('')
  for (const one of all) lines.push(`${one.id}: ${one.spec.join(' ')}`)
  const faults = coverageFaults(serverCases, clientCases)
  const tested = requirements.filter(({ id }) => all.some((one) => one.spec.includes(id))).length
  lines.push(
    '',
    `${tested} of ${requirements.length} requirements are cited by ${all.length} cases; ${Object.keys(untestable).length} have a reason why they are not tested`,
    ...faults,
    '',
  )
  return { text: lines.join('\n'), complete: faults.length === 0 }
}
