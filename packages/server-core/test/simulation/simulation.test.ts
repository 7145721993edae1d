import { expect, it } from 'vitest'
import { runHistory } from './history.ts'

const HISTORIES = 10_000

/** The first history that is wrong. Its seed is in the message of the test, and `npm run simulate -- 1 --seed N` repeats it. */
async function firstWrong(): Promise<unknown> {
  for (let seed = 1; seed <= HISTORIES; seed++) {
    const { problems } = await runHistory(seed)
    if (problems.length > 0) return { seed, problems }
  }
  return undefined
}

it(`finds nothing wrong in ${HISTORIES} histories`, { timeout: 300_000 }, async () => {
  expect(await firstWrong()).toBe(undefined)
})

it('repeats a history from its seed', async () => {
  for (const seed of [5, 6, 7]) expect(await runHistory(seed)).toEqual(await runHistory(seed))
})
