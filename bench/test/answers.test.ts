import { describe, expect, it } from 'vitest'
import { answer, samplesOf } from '../src/answers.ts'
import type { Question } from '../src/questions.ts'
import { measurement } from './measurements.ts'

const QUESTION: Question = { about: 'limit', subject: 'ours', base: 'limit', depth: 16, target: 0.75 }
/** Requests a second say 0.8, requests per CPU second 0.7. */
const PAIR = {
  subject: measurement({ perSecond: 80, perCpuSecond: 70 }),
  base: measurement({ perSecond: 100, perCpuSecond: 100 }),
}

describe('answer', () => {
  it('judges by requests a second', () => {
    expect(answer({ question: QUESTION, pairs: [PAIR] })).toMatchObject({ loadBound: false, reached: true })
  })

  it('judges by requests per CPU second where the load generator may be the bottleneck of either row', () => {
    const busy = { loadBusy: 0.95 }
    for (const pair of [
      { ...PAIR, base: { ...PAIR.base, ...busy } },
      { ...PAIR, subject: { ...PAIR.subject, ...busy } },
    ]) {
      expect(answer({ question: QUESTION, pairs: [pair] })).toMatchObject({ loadBound: true, reached: false })
    }
  })

  it('does not round a miss up', () => {
    const pair = { subject: measurement({ perSecond: 74.8 }), base: measurement({ perSecond: 100 }) }
    expect(answer({ question: QUESTION, pairs: [pair] }).reached).toBe(false)
  })

  it('judges nothing that has no target', () => {
    expect(answer({ question: { ...QUESTION, target: undefined }, pairs: [PAIR] }).reached).toBeUndefined()
  })

  it('counts the pairs during which others used the cores', () => {
    const disturbed = { ...PAIR, base: { ...PAIR.base, disturbance: 0.2 } }
    const told = answer({ question: QUESTION, pairs: [PAIR, disturbed, PAIR] })
    expect(told).toMatchObject({ pairs: 3, disturbed: 1, reached: true })
  })

  it('judges nothing when others used the cores during half of the pairs', () => {
    const disturbed = { ...PAIR, base: { ...PAIR.base, disturbance: 0.2 } }
    const told = answer({ question: QUESTION, pairs: [PAIR, disturbed] })
    expect(told).toMatchObject({ disturbed: 1, reached: undefined })
  })
})

describe('samplesOf', () => {
  it('gathers what each row did at a depth, whichever question it was for', () => {
    const paired = [
      { question: QUESTION, pairs: [PAIR] },
      { question: { ...QUESTION, base: 'redis' }, pairs: [PAIR, PAIR] },
      { question: { ...QUESTION, depth: 1 }, pairs: [PAIR] },
    ]
    const counts = Object.entries(samplesOf(paired, 16)).map(([name, samples]) => [name, samples.length])
    expect(counts).toEqual([
      ['ours', 3],
      ['limit', 1],
      ['redis', 2],
    ])
  })
})
