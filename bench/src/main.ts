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
import { answer, samplesOf } from './answers.ts'
import { barChart } from './bar-chart.ts'
import { measureBehaviour } from './behaviour.ts'
import { readOptions, refuse, requireMachine, wholeNumber } from './command-line.ts'
import { targetText, figureText, isReached } from './figures.ts'
import { FULL, SHORT, withRounds } from './profile.ts'
import { DEPTHS, type Question, QUESTIONS } from './questions.ts'
import { depthTitle, markdown, type Origin, type Results } from './report.ts'
import type { RotationResult } from './rotation.ts'
import { spread } from './statistics.ts'
import { surroundings } from './surroundings.ts'
import { measureThroughput } from './throughput.ts'

const options = readOptions(
  'npm run bench -- [--short] [--out FOLDER] [--rounds N] [--only throughput|behaviour] [--nice N]',
  ['out', 'rounds', 'only', 'nice'],
  ['short'],
)
if (options.only !== undefined && options.only !== 'throughput' && options.only !== 'behaviour')
  refuse(`--only is throughput or behaviour, not ${JSON.stringify(options.only)}`)
const mostRounds = wholeNumber('--rounds', options.rounds, 1, FULL.rounds)
requireMachine()
const out = options.out ?? fileURLToPath(new URL(options.short ? '../results/short' : '../results', import.meta.url))
// What we start inherits it: on a machine that others use, a negative one (as root) keeps their work out of the figures.
if (options.nice !== undefined) setPriority(wholeNumber('--nice', options.nice, -20, 0))
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))
const size = options.short ? SHORT : FULL
const profile = options.rounds === undefined ? size : withRounds(size, mostRounds)
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
    const wanted = target === undefined ? '' : `  target ${target}: ${verdict(reached)}`
    const others = disturbed === 0 ? '' : `  (${disturbed} of ${pairs} pairs disturbed)`
    console.log(`${subject.padEnd(20)} / ${base.padEnd(18)} depth ${depth}: ${figure}${wanted}${others}`)
  }
  for (const { subject, base, depth, target } of throughput ? unanswered(throughput) : []) {
    console.log(`${subject.padEnd(20)} / ${base.padEnd(18)} depth ${depth}: no answer  target ${target}`)
  }
  for (const each of behaviour?.figures ?? []) {
    const wanted = each.target ? `  target ${targetText(each.target)}: ${verdict(isReached(each))}` : ''
    console.log(`${each.text}: ${figureText(each)}${wanted}`)
  }
  console.log(`written to ${out}`)
}

function verdict(reached: boolean | undefined): string {
  if (reached === undefined) return 'not judged, others used the cores'
  return reached ? 'reached' : 'missed'
}

/** What has a target and was to be measured, and was not: a server that is missing or failed. */
function unanswered({ paired }: NonNullable<Results['throughput']>): readonly Question[] {
  const answered = new Set(
    paired
      .filter(({ pairs }) => pairs.length > 0)
      .map(({ question: { subject, base, depth } }) => `${subject} ${base} ${depth}`),
  )
  return QUESTIONS.filter(
    ({ subject, base, depth, target }) =>
      target !== undefined && (profile.grpc || base !== 'grpc') && !answered.has(`${subject} ${base} ${depth}`),
  )
}
