/** Turns results into Markdown: what was asked, what was reached, and every figure behind it. */

import type { Figure } from './behaviour.ts'
import type { Surroundings } from './surroundings.ts'
import { QUESTIONS, type Question } from './questions.ts'
import { median, ratio, type Spread, spread } from './statistics.ts'
import type { LoadTable } from './throughput.ts'

/** Everything one run measured. */
export interface Results {
  readonly surroundings: Surroundings
  readonly skipped: readonly string[]
  readonly tables: readonly LoadTable[]
  readonly figures: readonly Figure[]
}

/** An answered question. */
export interface Answer extends Question {
  /** Of throughput. */
  readonly ratio: Spread
  /** Of requests for each second of the servers' CPU time. */
  readonly cpuRatio: Spread
  /** The same, of each row's cheapest round: what disturbs a server only ever makes it dearer. */
  readonly leastDisturbed: number
}

/** Answers every question whose rows were measured. */
export function answer(tables: readonly LoadTable[]): Answer[] {
  return QUESTIONS.flatMap((question) => {
    const { depth, subject, base } = question
    const table = tables.find(({ load }) => load.depth === depth && Object.keys(load).length === 1)
    const [ours, theirs] = [table?.results[subject], table?.results[base]]
    if (!ours?.length || !theirs?.length) return []
    const of = (figure: 'perSecond' | 'perCpuSecond'): Spread =>
      ratio(
        ours.map((each) => each[figure]),
        theirs.map((each) => each[figure]),
      )
    const best = (rounds: typeof ours): number => Math.max(...rounds.map(({ perCpuSecond }) => perCpuSecond))
    return [
      {
        ...question,
        ratio: of('perSecond'),
        cpuRatio: of('perCpuSecond'),
        leastDisturbed: best(ours) / best(theirs),
      },
    ]
  })
}

/** The whole report. */
export function markdown(results: Results): string {
  const { surroundings, skipped, tables, figures } = results
  return [
    '# Benchmark results',
    '',
    `${surroundings.date}, commit ${surroundings.commit}. ${surroundings.machine}. ${surroundings.versions}.`,
    `Command: \`${surroundings.command}\`. One core for the server, one for the load; load average at the start ${surroundings.loadAverage}.`,
    '',
    'Ratios are medians over rounds in which every row was measured in turn; the lowest and the highest round are in brackets.',
    'A measurement during which others used more than a tenth of a core is repeated, three times at most. "per',
    'CPU second" divides requests by the CPU time that the server used, so it says what a request costs even when the machine is shared;',
    'the last column takes the cheapest round of each row, because what disturbs a server only makes it dearer.',
    '',
    ...skipped.map((line) => `- ${line}`),
    '',
    '![Requests per second at depth 16](throughput-depth-16.svg)',
    '',
    '## Asked and reached',
    '',
    '| subject | against | depth | asked | ratio | ratio per CPU second | of the least disturbed rounds |',
    '|---|---|---|---|---|---|---|',
    ...answer(tables).map(answerLine),
    '',
    ...tables.flatMap(tableLines),
    '## Latency, churn, start-up, a busy greeter',
    '',
    '| what | figure | asked |',
    '|---|---|---|',
    ...figures.map(({ text, value, unit, asked }) => `| ${text} | ${number(value)} ${unit} | ${asked ?? ''} |`),
    '',
  ].join('\n')
}

function answerLine(answered: Answer): string {
  const { subject, base, depth, asked, ratio: reached, cpuRatio, leastDisturbed } = answered
  const mark = (value: number): string => {
    if (asked === undefined) return ''
    return value >= asked ? '✓ ' : '✗ '
  }
  const wanted = asked === undefined ? '' : `≥ ${asked}`
  return `| ${subject} | ${base} | ${depth} | ${wanted} | ${mark(reached.median)}${spreadText(reached)} | ${mark(cpuRatio.median)}${spreadText(cpuRatio)} | ${mark(leastDisturbed)}${leastDisturbed.toFixed(2)} |`
}

function tableLines({ title, results }: LoadTable): string[] {
  return [
    `## ${title}`,
    '',
    '| row | requests/s | per CPU second | p50 µs | p99 µs | load generator’s core | others |',
    '|---|---|---|---|---|---|---|',
    ...Object.entries(results).map(([name, rounds]) => {
      const middle = (pick: (each: (typeof rounds)[number]) => number): string => number(median(rounds.map(pick)))
      const rate = spread(rounds.map(({ perSecond }) => perSecond))
      return `| ${name} | ${number(rate.median)} [${number(rate.lowest)} … ${number(rate.highest)}] | ${middle((each) => each.perCpuSecond)} | ${middle((each) => each.latencyUs.p50)} | ${middle((each) => each.latencyUs.p99)} | ${middle((each) => each.loadBusy * 100)} % | ${middle((each) => each.disturbance * 100)} % |`
    }),
    '',
  ]
}

function spreadText({ median: middle, lowest, highest }: Spread): string {
  return `**${middle.toFixed(2)}** [${lowest.toFixed(2)} … ${highest.toFixed(2)}]`
}

function number(value: number): string {
  if (Number.isNaN(value)) return '–'
  return value.toLocaleString('en', { maximumFractionDigits: value < 100 ? 1 : 0 })
}
