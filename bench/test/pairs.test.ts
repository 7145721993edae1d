import { describe, expect, it } from 'vitest'
import { measurePairs } from '../src/pairs.ts'
import type { Question } from '../src/questions.ts'
import { runningRow } from './measurements.ts'

const CORES = { server: '0', load: '1' }
const QUESTIONS: readonly Question[] = [
  { about: 'limit', subject: 'ours', base: 'limit', depth: 1, target: 1 },
  { about: 'redis', subject: 'ours', base: 'redis', depth: 1 },
]

/** Goes through the questions with rows that note the order; `fails` says which of them fails, and at which of its turns. */
async function run(rounds: (question: Question) => number, fails?: { name: string; turns: readonly number[] }) {
  const order: string[] = []
  const lines: string[] = []
  const serve = (name: string): number => {
    order.push(name)
    const turn = order.filter((each) => each === name).length
    if (name === fails?.name && fails.turns.includes(turn)) throw new Error('it died')
    return order.length
  }
  const rows = ['ours', 'limit', 'redis'].map((name) => runningRow(name, serve))
  const answers = await measurePairs(QUESTIONS, rows, { depth: 1 }, rounds, CORES, (line) => void lines.push(line))
  return { order, lines, answers }
}

// Others may use the cores of the machine that tests run on: then a measurement comes again, right behind the first.
const once = (order: readonly string[]): string[] => order.filter((name, index) => name !== order[index - 1])

// What others take of the cores is read from /proc.
describe.skipIf(process.platform !== 'linux')('measurePairs', () => {
  it('measures the two of a question back to back, in turn first', async () => {
    const { order } = await run(() => 2)
    expect(once(order)).toEqual(once(['limit', 'ours', 'redis', 'ours', 'ours', 'limit', 'ours', 'redis']))
  })

  it('gives each question samples of its own', async () => {
    const { answers } = await run(() => 3)
    const samples = answers.flatMap(({ pairs }) => pairs.flatMap(({ subject, base }) => [subject, base]))
    expect(answers.map(({ pairs }) => pairs.length)).toEqual([3, 3])
    expect(new Set(samples).size).toBe(12)
  })

  it('asks a question as often as it is told', async () => {
    const { answers } = await run(({ target }) => (target === undefined ? 1 : 2))
    expect(answers.map(({ pairs }) => pairs.length)).toEqual([2, 1])
  })

  it('measures again what failed once', async () => {
    const { answers, lines } = await run(() => 2, { name: 'redis', turns: [1] })
    expect(answers.map(({ pairs }) => pairs.length)).toEqual([2, 2])
    expect(lines).toEqual([])
  })

  it('leaves out the questions about a row that fails twice, and says why', async () => {
    const { answers, lines } = await run(() => 2, { name: 'redis', turns: [1, 2] })
    expect(answers.map(({ question }) => question.base)).toEqual(['limit'])
    expect(lines).toEqual(['skipped redis: Error: it died'])
  })
})
