import { describe, expect, it } from 'vitest'
import { median, ratio, spread } from '../src/statistics.ts'

describe('statistics', () => {
  it('takes the middle value, or the mean of the two middle ones', () => {
    expect(median([9, 1, 2])).toBe(2)
    expect(median([9, 1, 2, 4])).toBe(3)
  })

  it('tells the ends beside the median', () => {
    expect(spread([3, 1, 2])).toEqual({ median: 2, lowest: 1, highest: 3 })
  })

  it('divides within pairs, not medians', () => {
    expect(ratio([10, 1, 6], [5, 1, 2])).toEqual({ median: 2, lowest: 1, highest: 3 })
  })
})
