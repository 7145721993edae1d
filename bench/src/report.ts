/** Turns results into Markdown: targets, what was reached, and every figure behind it. */

import { type Answer, answer, isLoadBound, samplesOf } from './answers.ts'
import { targetText, type Figure, figureText, isReached, plainNumber as number } from './figures.ts'
import { DEPTHS } from './questions.ts'
import type { RotationResult } from './rotation.ts'
import { median, type Spread, spread } from './statistics.ts'
import type { Surroundings } from './surroundings.ts'
import { limitLine, type Throughput } from './throughput.ts'

/** Everything that was measured. The halves may be of different days, so each says where it comes from. */
export interface Results {
  readonly throughput?: Throughput & Origin
  readonly behaviour?: { readonly figures: readonly Figure[] } & Origin
}

/** Where figures come from. */
export interface Origin {
  readonly surroundings: Surroundings
  /** What could not be measured, and why. */
  readonly skipped: readonly string[]
}

/** The whole report. */
export function markdown({ throughput, behaviour }: Results): string {
  return [
    '# Benchmark results',
    '',
    'How it is measured is in bench/README.md.',
    '',
    ...(throughput ? throughputLines(throughput) : []),
    ...(behaviour ? behaviourLines(behaviour) : []),
  ].join('\n')
}

function originLines({ surroundings, skipped }: Origin): string[] {
  const { date, commit, machine, versions, command, loadAverage } = surroundings
  return [
    `${date}, commit ${commit}. ${machine}. ${versions}.`,
    `Command: \`${command}\`; load average at the start ${loadAverage}.`,
    '',
    ...skipped.map((line) => `- ${line}`),
    ...(skipped.length > 0 ? [''] : []),
  ]
}

function throughputLines(throughput: Throughput & Origin): string[] {
  const { limits, paired, sweeps } = throughput
  return [
    '## What the load generator can do',
    '',
    ...originLines(throughput),
    ...limits.map(({ depth, measured }) => `- ${limitLine(depth, measured)}`),
    '',
    'A row marked ⚠ kept the load generator busy for more than nine tenths of the time: how many requests a second it serves may be the',
    'limit of the load. A question with such a row is judged by requests per CPU second.',
    '',
    '![Requests per second at depth 16](throughput-depth-16.svg)',
    '',
    '## Targets',
    '',
    'Median over pairs, the lowest and the highest pair in brackets. ✓ and ✗ stand at the ratio that counts.',
    '',
    '| subject | against | depth | pairs | target | ratio of requests/s | ratio per CPU second |',
    '|---|---|---|---|---|---|---|',
    ...paired.map(answer).map(answerLine),
    '',
    ...DEPTHS.flatMap((depth) => tableLines(depthTitle(depth), samplesOf(paired, depth))),
    ...sweeps.flatMap(({ title, results }) => tableLines(title, results)),
  ]
}

/** What the load of the pairs is called. */
export function depthTitle(depth: number): string {
  return `64 connections, depth ${depth}, names of 3 bytes`
}

function figureLine(each: Figure): string {
  return `| ${each.text} | ${mark(isReached(each))}${figureText(each)} | ${targetText(each.target)} |`
}

function mark(reached: boolean | undefined): string {
  return reached === undefined ? '' : `${reached ? '✓' : '✗'} `
}

function answerLine(answered: Answer): string {
  const { subject, base, depth, pairs, disturbed, target, ratio, cpuRatio, loadBound, reached } = answered
  const wanted = target === undefined ? '' : `≥ ${target}`
  const requests = `${loadBound ? '⚠ ' : mark(reached)}${spreadText(ratio)}`
  const perCpuSecond = `${loadBound ? mark(reached) : ''}${spreadText(cpuRatio)}`
  return `| ${subject} | ${base} | ${depth} | ${pairs}${disturbed > 0 ? `, ${disturbed} disturbed` : ''} | ${wanted} | ${requests} | ${perCpuSecond} |`
}

function tableLines(title: string, results: RotationResult): string[] {
  if (Object.keys(results).length === 0) return []
  return [
    `## ${title}`,
    '',
    '| row | times | requests/s | per CPU second | server’s cores | p50 µs | p99 µs | load generator’s core | others |',
    '|---|---|---|---|---|---|---|---|---|',
    ...Object.entries(results).map(([name, measured]) => {
      type Pick = (each: (typeof measured)[number]) => number | undefined
      const middle = (pick: Pick): number => median(measured.map((each) => pick(each) ?? Number.NaN))
      const rate = spread(measured.map(({ perSecond }) => perSecond))
      const cells = [
        name,
        measured.length,
        `${number(rate.median)} [${number(rate.lowest)} … ${number(rate.highest)}]`,
        number(middle((each) => each.perCpuSecond)),
        middle((each) => each.serverCpu).toFixed(2),
        number(middle((each) => each.latencyUs?.p50)),
        number(middle((each) => each.latencyUs?.p99)),
        `${number(middle((each) => each.loadBusy * 100))} %${isLoadBound(measured) ? ' ⚠' : ''}`,
        `${number(middle((each) => each.disturbance * 100))} %`,
      ]
      return `| ${cells.join(' | ')} |`
    }),
    '',
  ]
}

function behaviourLines(behaviour: NonNullable<Results['behaviour']>): string[] {
  return [
    '## Latency, churn, start-up, a busy greeter',
    '',
    ...originLines(behaviour),
    'Medians over rounds, the lowest and the highest in brackets.',
    '',
    '| what | figure | target |',
    '|---|---|---|',
    ...behaviour.figures.map(figureLine),
    '',
  ]
}

/** A ratio with its ends, the middle in bold. */
function spreadText({ median: middle, lowest, highest }: Spread): string {
  return `**${middle.toFixed(2)}** [${lowest.toFixed(2)} … ${highest.toFixed(2)}]`
}
