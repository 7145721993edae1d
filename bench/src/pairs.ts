/**
 * Answers questions by pairs: the two servers of a ratio are measured one right after the other, in turn the one and the other
 * first, and every ratio has samples of its own. What the machine does from minute to minute then hits both alike.
 */

import type { Cores } from './disturbance.ts'
import type { LoadOptions } from './load.ts'
import type { Question } from './questions.ts'
import { type Measurement, measureAgain, type RunningRow } from './rotation.ts'

/** Two servers under one load, within seconds. */
export interface Pair {
  readonly subject: Measurement
  readonly base: Measurement
}

/** A question and the pairs that answer it. */
export interface PairedQuestion {
  readonly question: Question
  readonly pairs: readonly Pair[]
}

/** Goes through the questions `rounds` times. One whose servers do not run or fail is left out, and `tell` hears why. */
export async function measurePairs(
  questions: readonly Question[],
  running: readonly RunningRow[],
  load: LoadOptions,
  rounds: (question: Question) => number,
  cores: Cores,
  tell: (line: string) => void,
): Promise<PairedQuestion[]> {
  const rows = new Map(running.map((each) => [each.row.name, each]))
  const answers = questions
    .filter((question) => rows.has(question.subject) && rows.has(question.base) && rounds(question) > 0)
    .map((question) => ({ question, pairs: [] as Pair[] }))
  for (let round = 0; round < Math.max(0, ...answers.map(({ question }) => rounds(question))); round++) {
    for (const { question, pairs } of answers) {
      const [subject, base] = [rows.get(question.subject), rows.get(question.base)]
      if (!subject || !base || round >= rounds(question)) continue
      const first = await attempt(round % 2 === 0 ? base : subject)
      const second = first && (await attempt(round % 2 === 0 ? subject : base))
      if (first && second)
        pairs.push(round % 2 === 0 ? { subject: second, base: first } : { subject: first, base: second })
    }
  }
  return answers.filter(({ question }) => rows.has(question.subject) && rows.has(question.base))

  /** A row that fails twice in a row is not asked again. */
  async function attempt(each: RunningRow): Promise<Measurement | undefined> {
    try {
      return await measureAgain(each, load, cores)
    } catch (error) {
      rows.delete(each.row.name)
      tell(`skipped ${each.row.name}: ${String(error)}`)
      return undefined
    }
  }
}
