/**
 * The benchmark: `npm run bench -- [--short] [--out FOLDER] [--rounds N] [--only throughput|behaviour] [--nice N]`.
 *
 * Prints what it does, then the ratios that have a target; writes results.json, README.md and charts to `bench/results`, a short one to
 * `bench/results/short`. With --only, the other half of results.json stays as it was.
 */

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { setPriority } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { answer, samplesOf } from './answers.ts'
import { barChart } from './bar-chart.ts'
import { measureBehaviour } from './behaviour.ts'
import { targetText, figureText, isReached } from './figures.ts'
import { FULL, SHORT, withRounds } from './profile.ts'
import { DEPTHS } from './questions.ts'
import { depthTitle, markdown, type Origin, type Results } from './report.ts'
import { missingRequirement } from './requirements.ts'
import type { RotationResult } from './rotation.ts'
import { spread } from './statistics.ts'
import { surroundings } from './surroundings.ts'
import { measureThroughput } from './throughput.ts'

const { values: options } = parseArgs({
  options: {
    short: { type: 'boolean', default: false },
    out: { type: 'string' },
    rounds: { type: 'string' },
    only: { type: 'string' },
    nice: { type: 'string' },
  },
})
if (options.only !== undefined && options.only !== 'throughput' && options.only !== 'behaviour') {
  throw new Error(`--only is throughput or behaviour, not ${JSON.stringify(options.only)}`)
}
if (options.rounds !== undefined && !(Number(options.rounds) >= 1)) {
  throw new Error(`--rounds is at least 1, not ${JSON.stringify(options.rounds)}`)
}
const missing = missingRequirement()
if (missing !== undefined) {
  console.error(`The benchmark needs Linux, gcc, taskset and two cores: ${missing}`)
  process.exit(1)
}
const out = options.out ?? fileURLToPath(new URL(options.short ? '../results/short' : '../results', import.meta.url))
// What we start inherits it: on a machine that others use, a negative one (as root) keeps their work out of the figures.
if (options.nice !== undefined) setPriority(Number(options.nice))
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))
const size = options.short ? SHORT : FULL
const profile = options.rounds === undefined ? size : withRounds(size, Number(options.rounds))
const cores = { server: '0', load: '1' }
const found = surroundings('bench')

const measured: Results = {
  ...(options.only !== 'behaviour' && {
    throughput: await withOrigin((tell) => measureThroughput(profile, cores, tell)),
  }),
  ...(options.only !== 'throughput' && {
    behaviour: await withOrigin((tell) => measureBehaviour(profile, cores, tell)),
  }),
}
write({ ...earlier(), ...measured })
print(measured)

async function withOrigin<Half>(measure: (tell: (line: string) => void) => Promise<Half>): Promise<Half & Origin> {
  const skipped: string[] = []
  const half = await measure((line) => {
    console.log(line)
    if (line.startsWith('skipped')) skipped.push(line)
  })
  return { surroundings: found, skipped, ...half }
}

/** What results.json holds of an earlier run. */
function earlier(): Results {
  try {
    const { throughput, behaviour } = JSON.parse(readFileSync(path.join(out, 'results.json'), 'utf8')) as Results
    return { ...(throughput && { throughput }), ...(behaviour && { behaviour }) }
  } catch {
    return {}
  }
}

function write(results: Results): void {
  mkdirSync(out, { recursive: true })
  const put = (name: string, text: string): void => writeFileSync(path.join(out, name), text)
  put('results.json', `${JSON.stringify(results, undefined, 1)}\n`)
  put('README.md', markdown(results))
  if (!results.throughput) return
  for (const depth of DEPTHS) {
    put(`throughput-depth-${depth}.svg`, chart(depthTitle(depth), samplesOf(results.throughput.paired, depth)))
  }
}

function chart(title: string, samples: RotationResult): string {
  const bars = Object.entries(samples).map(([label, rounds]) => {
    const { median, lowest, highest } = spread(rounds.map(({ perSecond }) => perSecond))
    return { label, value: median, lowest, highest, ours: /shard|pool/.test(label) }
  })
  return barChart(`Requests per second: ${title}`, bars)
}

function print({ throughput, behaviour }: Results): void {
  for (const answered of throughput?.paired.map(answer) ?? []) {
    const { subject, base, depth, pairs, disturbed, target, loadBound, reached } = answered
    const { median, lowest, highest } = loadBound ? answered.cpuRatio : answered.ratio
    const figure = `${median.toFixed(2)} [${lowest.toFixed(2)} … ${highest.toFixed(2)}]${loadBound ? ' per CPU second' : ''}`
    const wanted = target === undefined ? '' : `  target ${target}: ${reached ? 'reached' : 'missed'}`
    const others = disturbed === 0 ? '' : `  (${disturbed} of ${pairs} pairs disturbed)`
    console.log(`${subject.padEnd(20)} / ${base.padEnd(18)} depth ${depth}: ${figure}${wanted}${others}`)
  }
  for (const each of behaviour?.figures ?? []) {
    const wanted = each.target ? `  target ${targetText(each.target)}: ${isReached(each) ? 'reached' : 'missed'}` : ''
    console.log(`${each.text}: ${figureText(each)}${wanted}`)
  }
  console.log(`written to ${out}`)
}
