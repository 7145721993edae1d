import { expect, it } from 'vitest'
import { DueTimes } from '../../src/bench/due-times.ts'

it('gives back what it took, the oldest first, and knows what is left', () => {
  const due = new DueTimes()
  const given: number[] = []
  for (let at = 0; at < 100; at++) {
    due.add(at)
    if (at % 3 !== 0) given.push(due.take())
  }
  expect(given).toEqual(Array.from({ length: 66 }, (_, at) => at))
  expect(due.rest()).toEqual(Array.from({ length: 34 }, (_, index) => 66 + index))
  expect(due.length).toBe(34)
})
