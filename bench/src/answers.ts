/** Answers to the questions: ratios over pairs, and whether its target is reached. */

import { DISTURBED } from './disturbance.ts'
import type { PairedQuestion } from './pairs.ts'
import type { Question } from './questions.ts'
import { type Measurement, type RotationResult } from './rotation.ts'
import { median, ratio, type Spread } from './statistics.ts'

/** An answered question. */
export interface Answer extends Question {
  readonly pairs: number
  /** Pairs during which others used the cores, however often they were measured. */
  readonly disturbed: number
  /** Of requests a second. */
  readonly ratio: Spread
  /** Of requests for each second of the servers' CPU time. */
  readonly cpuRatio: Spread
  /** Whether the load generator may have been the bottleneck for one of the two, so that only `cpuRatio` tells them apart. */
  readonly loadBound: boolean
  /** Undefined without a target, and where others used the cores during half of the pairs or more. */
  readonly reached: boolean | undefined
}

/** Whether the load generator had so much to do that it may be what limits a row. */
export function isLoadBound(measured: readonly Measurement[]): boolean {
  return median(measured.map(({ loadBusy }) => loadBusy)) > LOAD_BOUND
}

const LOAD_BOUND = 0.9

/** The answer that the pairs give. */
export function answer({ question, pairs }: PairedQuestion): Answer {
  const [subject, base] = [pairs.map((pair) => pair.subject), pairs.map((pair) => pair.base)]
  const of = (figure: 'perSecond' | 'perCpuSecond'): Spread =>
    ratio(
      subject.map((each) => each[figure]),
      base.map((each) => each[figure]),
    )
  const [requests, cpu] = [of('perSecond'), of('perCpuSecond')]
  const loadBound = isLoadBound(subject) || isLoadBound(base)
  const disturbed = pairs.filter((pair) => Math.max(pair.subject.disturbance, pair.base.disturbance) > DISTURBED).length
  const { target } = question
  const judged = target !== undefined && disturbed * 2 < pairs.length
  const reached = judged ? (loadBound ? cpu : requests).median >= target : undefined
  return { ...question, pairs: pairs.length, disturbed, ratio: requests, cpuRatio: cpu, loadBound, reached }
}

/** Every measurement of each row at one depth, whichever question it was made for. */
export function samplesOf(paired: readonly PairedQuestion[], depth: number): RotationResult {
  const samples: Record<string, Measurement[]> = {}
  for (const { question, pairs } of paired.filter((each) => each.question.depth === depth)) {
    for (const { subject, base } of pairs) {
      ;(samples[question.subject] ??= []).push(subject)
      ;(samples[question.base] ??= []).push(base)
    }
  }
  return samples
}
