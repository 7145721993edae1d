import { describe, expect, it } from 'vitest'
import { GreetingThread } from '../src/greeting-thread.ts'
import { GuardedGreeter } from '../src/guarded-greeter.ts'
import { SlotReader, SlotWriter } from '../src/packed-slots.ts'
import { ThreadLedger } from '../src/thread-ledger.ts'
import { ANSWER_MARKS, type AnswersReport } from '../src/thread-messages.ts'
import { Deferred, promisesToSettle } from './engine-support.ts'

/** A thread on a clock that only its greeter moves. */
function greetingThread(greet: (name: string) => unknown) {
  const clock = { now: 0, looks: 0 }
  const ledger = new ThreadLedger()
  const reports: Reported[] = []
  const orders = new SlotWriter(ledger.orderedSlots)
  const answers = new SlotReader(ledger.answeredSlots)
  const turns = new Deferred()
  const greeter = new GuardedGreeter(greet as never, false, ledger, () => {})
  const thread = new GreetingThread(greeter, ledger, {
    post: (report) => reports.push(unpacked(report as AnswersReport, answers)),
    now: () => {
      clock.looks++
      return clock.now
    },
    yield: turns.defer,
  })
  let slot = 0
  const send = (...names: string[]): number[] => {
    const slots = names.map(() => slot++)
    order(slots, names)
    return slots
  }
  const order = (slots: number[], names: string[]): void => {
    for (const [index, each] of slots.entries()) {
      ledger.queue(each)
      orders.add(each, names[index]!)
    }
    thread.receive({ kind: 'batch', ...orders.take() })
  }
  return { thread, clock, ledger, reports, turns, send, order }
}

/** A report with what it holds by way of the ledger. */
interface Reported extends Omit<AnswersReport, 'count' | 'texts'> {
  readonly slots: number[]
  readonly greetings: (string | null)[]
  readonly forgotten: number[]
}

function unpacked({ count, texts, ...report }: AnswersReport, answers: SlotReader): Reported {
  const reported: Reported = { ...report, slots: [], greetings: [], forgotten: [] }
  answers.begin({ count, texts })
  for (let left = count; left > 0; left--) {
    answers.next()
    if (answers.mark === ANSWER_MARKS.forgotten) reported.forgotten.push(answers.slot)
    else {
      reported.slots.push(answers.slot)
      reported.greetings.push(answers.mark === ANSWER_MARKS.failed ? null : answers.text)
    }
  }
  return reported
}

describe('GreetingThread', () => {
  it('answers a batch in one report', () => {
    const { send, reports } = greetingThread((name) => `Hi ${name}`)
    send('Ada', 'Bob')
    expect(reports).toEqual([
      {
        kind: 'answers',
        slots: [0, 1],
        greetings: ['Hi Ada', 'Hi Bob'],
        forgotten: [],
        batchesConsumed: 1,
        started: 2,
        busyMs: 0,
      },
    ])
  })

  it('claims a request just before it calls the greeter', () => {
    const seen: boolean[][] = []
    const { send, ledger } = greetingThread((name) => {
      seen.push([ledger.isRunning(0), ledger.isRunning(1)])
      return name
    })
    send('Ada', 'Bob')
    expect(seen).toEqual([
      [true, false],
      [false, true],
    ])
  })

  it('skips a request that was taken back, and says that the batch is consumed', () => {
    const called: string[] = []
    const { send, ledger, reports } = greetingThread((name) => {
      called.push(name)
      if (name === 'Ada') ledger.revoke(1)
      return name
    })
    send('Ada', 'Bob', 'Cyd')
    expect(called).toEqual(['Ada', 'Cyd'])
    expect(reports).toMatchObject([{ slots: [0, 2], batchesConsumed: 1, started: 2 }])
  })

  it('reports and yields after a millisecond of work', () => {
    const { send, clock, reports, turns } = greetingThread((name) => {
      clock.now += 0.4
      return name
    })
    send('a', 'b', 'c', 'd', 'e')
    expect(reports).toMatchObject([{ greetings: ['a', 'b', 'c'], batchesConsumed: 0, started: 3 }])
    turns.flush()
    expect(reports).toMatchObject([{}, { greetings: ['d', 'e'], batchesConsumed: 1, started: 2 }])
    expect(reports[0]!.busyMs).toBeCloseTo(1.2)
  })

  it('looks at the clock for every eighth greeting only while they are cheap', () => {
    const { send, clock, reports } = greetingThread((name) => {
      clock.now += Number(name)
      return name
    })
    send(...Array.from({ length: 800 }, () => '0.001'))
    expect(clock.looks).toBeLessThan(110)
    expect(reports.map(({ started }) => started)).toEqual([800])
    expect(reports[0]!.busyMs).toBeCloseTo(0.8)
    clock.looks = 0
    send(...Array.from({ length: 40 }, () => '0.021'))
    expect(clock.looks).toBeGreaterThan(40)
  })

  it('ends the slice within eight greetings after cheap ones turned out to take long', () => {
    const { send, clock, reports, turns } = greetingThread((name) => {
      clock.now += Number(name)
      return name
    })
    send(...Array.from({ length: 100 }, () => '0.001'), ...Array.from({ length: 20 }, () => '10'))
    expect(reports[0]!.started).toBeLessThanOrEqual(100 + 8)
    turns.flush()
    expect(reports[1]!.started).toBe(1)
  })

  it('reports each greeting that takes long by itself, and takes a second batch in meanwhile', () => {
    const { send, clock, reports, turns } = greetingThread((name) => {
      clock.now += 100
      return name
    })
    send('a', 'b')
    send('c')
    turns.flush()
    turns.flush()
    turns.flush()
    expect(reports.map(({ greetings, batchesConsumed }) => [...greetings, batchesConsumed])).toEqual([
      ['a', 0],
      ['b', 1],
      ['c', 1],
    ])
  })

  it('answers null for a greeter that fails', () => {
    const { send, reports } = greetingThread(() => 1)
    send('Ada')
    expect(reports).toMatchObject([{ slots: [0], greetings: [null] }])
  })

  it('answers async greeters as they resolve, those of one turn together', async () => {
    const settle = new Map<string, (greeting: string) => void>()
    const { send, reports, turns } = greetingThread((name) => new Promise((resolve) => settle.set(name, resolve)))
    send('a', 'b', 'c')
    expect(reports).toMatchObject([{ slots: [], batchesConsumed: 1, started: 3 }])
    await promisesToSettle()
    settle.get('c')!('C')
    settle.get('a')!('A')
    await promisesToSettle()
    turns.flush()
    expect(reports[1]).toMatchObject({ greetings: ['C', 'A'], slots: [2, 0], batchesConsumed: 0 })
    settle.get('b')!('B')
    await promisesToSettle()
    turns.flush()
    expect(reports[2]).toMatchObject({ greetings: ['B'] })
  })

  it('gives up a running request that is to be forgotten, and drops its late greeting', async () => {
    const settle: ((greeting: string) => void)[] = []
    const { thread, send, order, reports, turns } = greetingThread(() => new Promise((resolve) => settle.push(resolve)))
    const slots = send('Ada')
    thread.receive({ kind: 'forget', slots })
    turns.flush()
    expect(reports[1]).toMatchObject({ slots: [], forgotten: slots })
    // The slot is used again before the first greeter lets go.
    order(slots, ['Bob'])
    settle[0]!('late')
    await promisesToSettle()
    turns.flush()
    expect(reports.flatMap(({ greetings }) => greetings)).toEqual([])
    settle[1]!('Bob')
    await promisesToSettle()
    turns.flush()
    expect(reports.flatMap(({ greetings }) => greetings)).toEqual(['Bob'])
  })

  it('reports nothing for a request to forget that is answered already', () => {
    const { thread, send, reports, turns } = greetingThread((name) => name)
    thread.receive({ kind: 'forget', slots: send('Ada') })
    turns.flush()
    expect(reports).toHaveLength(1)
  })
})
