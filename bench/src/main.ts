/**
 * The benchmark: `pnpm bench [--short] [--out FOLDER] [--rounds N] [--only throughput|behaviour] [--nice N]`.
 *
 * Prints what it does, then the ratios asked for; writes results.json, README.md and charts to `bench/results`, or elsewhere.
 */

import { mkdirSync, writeFileSync } from 'node:fs'
import { setPriority } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { barChart } from './bar-chart.ts'
import { measureBehaviour } from './behaviour.ts'
import { FULL, SHORT } from './profile.ts'
import { answer, markdown, type Results } from './report.ts'
import { spread } from './statistics.ts'
import { surroundings } from './surroundings.ts'
import { type LoadTable, measureThroughput } from './throughput.ts'

const { values: options } = parseArgs({
  options: {
    short: { type: 'boolean', default: false },
    out: { type: 'string', default: fileURLToPath(new URL('../results', import.meta.url)) },
    rounds: { type: 'string' },
    only: { type: 'string' },
    nice: { type: 'string' },
  },
})
// What we start inherits it: on a machine that others use, a negative one (as root) keeps their work out of the figures.
if (options.nice !== undefined) setPriority(Number(options.nice))
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))
const size = options.short ? SHORT : FULL
const profile = options.rounds === undefined ? size : { ...size, rounds: Number(options.rounds) }
const cores = { server: '0', load: '1' }
const skipped: string[] = []
const found = surroundings(`pnpm bench ${process.argv.slice(2).join(' ')}`.trim())

const tables = options.only === 'behaviour' ? [] : await measureThroughput(profile, cores, tell)
const figures = options.only === 'throughput' ? [] : await measureBehaviour(profile, cores, tell)
write({ surroundings: found, skipped, tables, figures })

function tell(line: string): void {
  console.log(line)
  if (line.startsWith('skipped')) skipped.push(line)
}

function write(results: Results): void {
  mkdirSync(options.out, { recursive: true })
  const put = (name: string, text: string): void => writeFileSync(path.join(options.out, name), text)
  put('results.json', `${JSON.stringify(results, undefined, 1)}\n`)
  put('README.md', markdown(results))
  for (const table of results.tables.filter(({ load }) => Object.keys(load).length === 1)) {
    put(`throughput-depth-${table.load.depth}.svg`, chart(table))
  }
  for (const { subject, base, depth, asked, ratio } of answer(results.tables)) {
    const wanted = asked === undefined ? '' : `  asked ${asked} ${ratio.median >= asked ? 'reached' : 'missed'}`
    const spreadText = `[${ratio.lowest.toFixed(2)} … ${ratio.highest.toFixed(2)}]`
    console.log(
      `${subject.padEnd(20)} / ${base.padEnd(18)} depth ${depth}: ${ratio.median.toFixed(2)} ${spreadText}${wanted}`,
    )
  }
  for (const { text, value, unit, asked } of results.figures) {
    console.log(`${text}: ${value.toFixed(2)} ${unit}${asked === undefined ? '' : `  asked ${asked}`}`)
  }
  console.log(`written to ${options.out}`)
}

function chart({ title, results }: LoadTable): string {
  const bars = Object.entries(results).map(([label, rounds]) => {
    const { median, lowest, highest } = spread(rounds.map(({ perSecond }) => perSecond))
    return { label, value: median, lowest, highest, ours: /shard|pool/.test(label) }
  })
  return barChart(`Requests per second: ${title}`, bars)
}
