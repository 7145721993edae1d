import { describe, expect, it } from 'vitest'
import { FULL, SHORT, withRounds } from '../src/profile.ts'
import { DEPTHS, QUESTIONS } from '../src/questions.ts'
import { rowCalled } from '../src/rows.ts'

/** What is asked of a runtime, without what differs on purpose. */
function asked(runtime: string): unknown {
  const questions = QUESTIONS.filter(({ subject }) => subject.startsWith(runtime))
  return questions.map(({ about, depth, target: wanted }) =>
    about === 'limit' && depth === 1 ? undefined : [about, depth, wanted],
  )
}

describe('the questions', () => {
  it('are each asked once', () => {
    const keys = QUESTIONS.map(({ subject, base, depth }) => `${subject} ${base} ${depth}`)
    expect(new Set(keys).size).toBe(keys.length)
  })

  it('are about rows that exist, at the depths that are measured', () => {
    for (const { subject, base, depth } of QUESTIONS) {
      expect([rowCalled(subject).name, rowCalled(base).name]).toEqual([subject, base])
      expect(DEPTHS).toContain(depth)
    }
  })

  it('ask the same of both runtimes, except against the limit at depth 1', () => {
    expect(asked('bun')).toEqual(asked('node'))
  })
})

describe('the full benchmark', () => {
  it('answers what has a target by five pairs at least', () => {
    expect(FULL.rounds).toBeGreaterThanOrEqual(5)
  })
})

describe('withRounds', () => {
  it('never measures more often than it is told', () => {
    expect(withRounds(FULL, 2)).toMatchObject({ rounds: 2, comparisonRounds: 2, sweepRounds: 2 })
    expect(withRounds(SHORT, 9)).toMatchObject({ rounds: 9, comparisonRounds: 0, sweepRounds: 0 })
  })
})
