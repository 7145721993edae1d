/**
 * Computes the whole matrix of mutants and cases: `node main.ts DIRECTORY [JOBS]`. Every mutant is judged by every case, in a
 * process of its own, which takes an hour or two of waiting. Writes a JSON report for each, and `server.html` and
 * `client.html` with the run of the reference, the matrix, and the mutants of each requirement. A report that is there
 * already is kept, so that a run that was ended goes on where it was.
 */
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { htmlReport } from '../../src/report/html.ts'
import { readReport } from '../../src/report/read-report.ts'
import type { RunReport } from '../../src/report/run-report.ts'
import { untestable } from '../../src/untestable.ts'
import { brokenBy, failedIds, judgeAll, killerIds, mutants, type Mutant } from '../reference/mutants.ts'
import { unbreakable } from '../reference/unbreakable.ts'

const [directory = 'matrix', jobs = '4'] = process.argv.slice(2)
const one = fileURLToPath(new URL('judge-one.ts', import.meta.url))

function fileOf(role: string, bug: string): string {
  return join(directory, role, `${bug === '' ? 'reference' : bug}.json`)
}

function reportOf(role: string, bug: string): RunReport {
  const file = fileOf(role, bug)
  return readReport(readFileSync(file, 'utf8'), file)
}

function judge(role: string, bug: string, own: boolean): Promise<boolean> {
  const child = spawn(process.execPath, [one, role, bug, fileOf(role, bug), ...(own ? ['own'] : [])], {
    stdio: 'inherit',
  })
  return new Promise((resolve) => child.once('close', (code) => resolve(code === 0)))
}

/** Judges inside one process, and a mutant that does not survive that in a process of its own. */
async function judgeAnyhow({ role, bug, ownProcess }: Pick<Mutant, 'role' | 'bug' | 'ownProcess'>): Promise<void> {
  if (existsSync(fileOf(role, bug))) return
  if ((ownProcess || !(await judge(role, bug, false))) && !(await judge(role, bug, true)))
    throw new Error(`Cannot judge the ${role} with the fault "${bug}": the process that judged it ended`)
  console.log(
    `${role} ${bug === '' ? 'reference' : `${bug}: ${failedIds(reportOf(role, bug).results).length} cases fail`}`,
  )
}

for (const role of ['server', 'client'] as const) {
  mkdirSync(join(directory, role), { recursive: true })
  await judgeAnyhow({ role, bug: '', ownProcess: false })
}
// The clients first: they are quick.
await judgeAll(mutants.toReversed(), Number(jobs), judgeAnyhow)

const survivors: string[] = []
for (const role of ['server', 'client'] as const) {
  // A case that fails the reference too, on a machine with other things to do, proves nothing.
  const reference = reportOf(role, '')
  const noise = new Set(failedIds(reference.results))
  const judged = mutants
    .filter((mutant) => mutant.role === role)
    .map((mutant) => {
      const killedBy = failedIds(reportOf(role, mutant.bug).results).filter((id) => !noise.has(id))
      if (!killerIds(mutant).some((id) => killedBy.includes(id))) survivors.push(`${role} ${mutant.bug}`)
      return { name: mutant.bug, what: mutant.what, breaks: brokenBy(mutant), killedBy }
    })
  const proof = { mutants: judged, reasons: { ...untestable, ...unbreakable } }
  writeFileSync(join(directory, `${role}.html`), htmlReport([reference], proof))
  writeFileSync(join(directory, `${role}.json`), `${JSON.stringify(judged, undefined, 2)}\n`)
}
console.log(
  `${mutants.length} mutants judged; ${survivors.length} survive the cases that name them ${survivors.join(', ')}`,
)
process.exit(survivors.length === 0 ? 0 : 1)
