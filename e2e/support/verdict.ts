/** Compares what a connection received with what it was to receive, and with what was really executed. */

import type { Received } from './raw-connection.ts'
import type { Traffic } from './traffic.ts'

/** How many requests ended how, over all connections, and everything that is wrong. */
export class Verdict {
  readonly counts: Record<string, number> = {}
  readonly wrongs: string[] = []
  /** The names of the requests that were lost with their thread. */
  readonly lost: string[] = []
  readonly #executions: ReadonlyMap<string, readonly string[]>

  constructor(executions: ReadonlyMap<string, readonly string[]>) {
    this.#executions = executions
  }

  /** Judges one connection: each request has one answer, an allowed one, and the greeter ran as often as that answer says. */
  add(traffic: Traffic, received: Received, allowLoss = false): void {
    this.wrongs.push(...received.surprises)
    if (received.welcomes !== (traffic.hello ? 1 : 0)) this.wrongs.push(`${received.welcomes} WELCOMEs`)
    if (received.pongs.join() !== traffic.pings.join()) this.wrongs.push(`PONGs ${received.pongs.join()}`)
    for (const { id, name, allowed } of traffic.requests) {
      const answers = received.answers.get(id) ?? []
      const [answer = 'none'] = answers
      const right = allowed.includes(answer) || (allowLoss && answer === 'THREAD_LOST' && mayRun(allowed))
      const executed = this.#executions.get(name)?.length ?? 0
      const [least, most] = EXECUTIONS[wordOf(answer)] ?? [0, 0]
      if (answers.length !== 1 || !right || executed < least || executed > most)
        this.wrongs.push(
          `${name}: ${answers.join(' and ')}, executed ${executed} times, allowed ${allowed.join(' or ')}`,
        )
      if (answer === 'THREAD_LOST') this.lost.push(name)
      this.counts[wordOf(answer)] = (this.counts[wordOf(answer)] ?? 0) + 1
    }
    const planned = new Set(traffic.requests.map(({ id }) => id))
    for (const id of received.answers.keys())
      if (!planned.has(id)) this.wrongs.push(`an answer for ${id}, which was never sent`)
  }
}

/** The fewest and the most executions of a request that got such an answer. */
const EXECUTIONS: Record<string, readonly [number, number]> = {
  GREETING: [1, 1],
  // These servers cancel only what has not started.
  CANCELLED: [0, 0],
  THREAD_LOST: [1, 1],
}

function wordOf(answer: string): string {
  return answer.split(' ', 1)[0] as string
}

/** Whether the request has a legal name, so that a thread can die of it or with it. */
function mayRun(allowed: readonly string[]): boolean {
  return allowed.some((answer) => answer.startsWith('GREETING '))
}
