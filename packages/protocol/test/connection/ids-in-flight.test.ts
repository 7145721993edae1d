import { describe, expect, it } from 'vitest'
import { IdsInFlight } from '../../src/connection/ids-in-flight.ts'

const HIGHEST_ID = 0xffff_ffff

describe('IdsInFlight', () => {
  it('takes an id out once', () => {
    const ids = new IdsInFlight()
    ids.add(3)
    ids.add(HIGHEST_ID)
    expect([ids.has(3), ids.has(4), ids.has(0), ids.size]).toEqual([true, false, false, 2])
    expect([ids.delete(3), ids.delete(3), ids.delete(4)]).toEqual([true, false, false])
    expect([ids.has(3), ids.has(HIGHEST_ID), ids.size]).toEqual([false, true, 1])
  })

  it('forgets all of them', () => {
    const ids = new IdsInFlight()
    ids.add(3)
    ids.clear()
    expect([ids.has(3), ids.delete(3), ids.size]).toEqual([false, false, 0])
    ids.add(4)
    expect([ids.has(4), ids.size]).toEqual([true, 1])
  })

  it.each([
    ['the order in which they came', (index: number) => index],
    ['the opposite order', (index: number, count: number) => count - 1 - index],
    ['any order', (index: number, count: number) => (index * 7) % count],
    ['order but for the first', (index: number, count: number) => (index + 1) % count],
  ])('does what a Set does when they leave in %s', (_, leaves) => {
    const [ids, model] = [new IdsInFlight(), new Set<number>()]
    let last = 0
    // Now more and now fewer at once, with gaps between the ids.
    for (const count of [1, 100, 5, 100]) {
      const added = Array.from({ length: count }, () => (last += 3))
      for (const id of added) {
        ids.add(id)
        model.add(id)
      }
      for (let index = 0; index < count; index++) {
        const id = added[leaves(index, count)]!
        expect(ids.delete(id)).toBe(model.delete(id))
        expect(ids.size).toBe(model.size)
        expect(added.filter((each) => ids.has(each))).toEqual(added.filter((each) => model.has(each)))
      }
    }
  })
})
