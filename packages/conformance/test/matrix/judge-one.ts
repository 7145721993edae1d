/**
 * Judges one reference implementation by the whole catalogue of its role, a few variants of each case, and writes its JSON
 * report: `node judge-one.ts server|client BUG FILE [own]`. A BUG that is empty means none.
 */
import { writeFileSync } from 'node:fs'
import { clientCases } from '../../src/cases/client/catalogue.ts'
import { serverCases } from '../../src/cases/server/catalogue.ts'
import { jsonReport } from '../../src/report/json.ts'
import type { RunReport } from '../../src/report/run-report.ts'
import { judgeClient, judgeServer } from '../reference/judge-mutant.ts'
import { mutants } from '../reference/mutants.ts'

const [role, bug, file, own] = process.argv.slice(2) as ['server' | 'client', string, string, string?]
const traits = bug === '' ? [] : [bug]
const begun = performance.now()
const startedAt = new Date().toISOString()
const judge = role === 'server' ? judgeServer : judgeClient
const options = { timeoutScale: 0.5, ownProcess: own === 'own' }
const killers = mutants.find((mutant) => mutant.role === role && mutant.bug === bug)?.killers ?? {}
const thinned = await judge(traits, { ...options, variants: 2 })
// Two variants of a case may be those that the mutant gets right, so the cases that must kill it are judged with more.
const named = bug === '' ? [] : await judge(traits, { ...options, variants: 12, run: Object.keys(killers) })
const known = new Set(named.map(({ id, variant }) => `${id}/${variant}`))
const results = [...thinned.filter(({ id, variant }) => !known.has(`${id}/${variant}`)), ...named]
const judged = new Set(results.map(({ id }) => id))
const adapter = ['node', `packages/conformance/test/reference/${role}-main.ts`, ...traits]
const report: RunReport = {
  role,
  target: adapter.join(' '),
  adapter,
  tls: false,
  strict: true,
  timeoutScale: options.timeoutScale,
  seed: 1,
  repeat: 1,
  startedAt,
  durationMs: performance.now() - begun,
  cases: (role === 'server' ? serverCases : clientCases).filter(({ id }) => judged.has(id)),
  results,
}
writeFileSync(file, jsonReport(report))
process.exit(0)
