/** The proof of the suite itself as HTML tables: mutants by the cases that kill them, requirements by the mutants that break them. */
import { requirements } from '../requirements.ts'
import type { RunReport } from './run-report.ts'
import { escapeMarkup as safe } from './xml.ts'

/** An implementation with one fault, and what became of it. */
export interface JudgedMutant {
  readonly name: string
  /** What it does wrong. */
  readonly what: string
  /** The requirements that it breaks. */
  readonly breaks: readonly string[]
  /** The cases that failed. */
  readonly killedBy: readonly string[]
}

/** Everything that the tables tell. */
export interface MutantProof {
  readonly mutants: readonly JudgedMutant[]
  /** Why no mutant breaks a requirement. */
  readonly reasons: Readonly<Record<string, string>>
}

/** Prints the two tables for the cases of one role. */
export function mutantTables({ mutants, reasons }: MutantProof, cases: RunReport['cases']): string {
  const survivors = mutants.filter(({ killedBy }) => killedBy.length === 0).length
  return `<h2>Mutants by cases</h2>
<p>${mutants.length} mutants, ${mutants.length - survivors} killed. A dot is a case that fails; a filled one judges a requirement that the mutant breaks.</p>
<table class="grid">${matrix(mutants, cases)}</table>
<h2>Requirements by mutants</h2>
<table><thead><tr><th>requirement</th><th>mutants that break it, with the cases that catch that</th></tr></thead><tbody>
${byRequirement(mutants, reasons, cases).join('\n')}
</tbody></table>
`
}

function matrix(mutants: readonly JudgedMutant[], cases: RunReport['cases']): string {
  const head = mutants.map(({ name, what }) => `<th title="${safe(what)}"><span>${safe(name)}</span></th>`).join('')
  const killedBy = mutants.map((mutant) => new Set(mutant.killedBy))
  const rows = cases.map(({ id, title, spec }) => {
    const cells = mutants.map((mutant, index) => {
      if (!killedBy[index]!.has(id)) return '<td></td>'
      const judges = mutant.breaks.some((broken) => spec.includes(broken))
      return `<td title="${safe(`${mutant.name}: ${id}`)}">${judges ? '●' : '○'}</td>`
    })
    return `<tr><th title="${safe(title)}">${safe(id)}</th>${cells.join('')}</tr>`
  })
  return `<thead><tr><th></th>${head}</tr></thead><tbody>\n${rows.join('\n')}\n</tbody>`
}

function byRequirement(
  mutants: readonly JudgedMutant[],
  reasons: MutantProof['reasons'],
  cases: RunReport['cases'],
): string[] {
  return requirements.flatMap(({ id, text }) => {
    const citing = new Set(cases.filter(({ spec }) => spec.includes(id)).map((one) => one.id))
    const breaking = mutants
      .filter(({ breaks }) => breaks.includes(id))
      .map(({ name, killedBy }) => `<b>${safe(name)}</b> ${safe(killedBy.filter((one) => citing.has(one)).join(' '))}`)
    const reason = reasons[id] === undefined ? [] : [`<i>${safe(reasons[id])}</i>`]
    const told = [...breaking, ...reason]
    if (told.length === 0) return []
    return [`<tr><td><b>${id}</b> ${safe(text)}</td><td>${told.join('<br>')}</td></tr>`]
  })
}
