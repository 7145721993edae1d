import { describe, expect, it } from 'vitest'
import { GreetingPace, MAX_BATCH } from '../src/greeting-pace.ts'

function paceOf(meanMs: number): GreetingPace {
  const pace = new GreetingPace()
  pace.note(10, 10 * meanMs)
  return pace
}

describe('GreetingPace', () => {
  it('sends one request at a time before it knows anything', () => {
    const pace = new GreetingPace()
    expect([pace.batchLimit, pace.batchesOut, pace.smallestShare]).toEqual([1, 1, 1])
    pace.note(0, 5)
    expect(pace.meanMs).toBe(undefined)
  })

  it.each([
    [0, MAX_BATCH, 2],
    [0.000_9, MAX_BATCH, 2],
    [0.01, 100, 2],
    [0.1, 10, 2],
    [0.5, 2, 2],
    [2, 1, 2],
    [100, 1, 1],
  ])('fills a batch with a millisecond of greetings that take %d ms', (meanMs, batchLimit, batchesOut) => {
    expect(paceOf(meanMs)).toMatchObject({ batchLimit, batchesOut })
  })

  it('keeps cheap greetings together and divides expensive ones', () => {
    expect(paceOf(0.001).smallestShare).toBe(50)
    expect(paceOf(1).smallestShare).toBe(0)
  })

  it('gives one requester a turn of a twentieth of a millisecond, and one request at least', () => {
    expect([paceOf(0.001).turn, paceOf(0.02).turn, paceOf(1).turn]).toEqual([50, 2, 1])
  })

  it('moves work of half a millisecond and not less', () => {
    expect(paceOf(0.1).isWorthMoving(5)).toBe(true)
    expect(paceOf(0.1).isWorthMoving(4)).toBe(false)
  })

  it('notices at once when greetings become slow', () => {
    const pace = paceOf(0.001)
    pace.note(1, 100)
    expect(pace.batchLimit).toBe(1)
  })
})
