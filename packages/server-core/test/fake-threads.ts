/** Threads that a test moves by hand: it claims, answers, beats and dies for them. Every message is checked against its schema. */

import type { TSchema } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { SlotReader, SlotWriter } from '../src/packed-slots.ts'
import { ThreadLedger } from '../src/thread-ledger.ts'
import {
  ANSWER_MARKS,
  type StartOrder,
  THREAD_ORDER_SCHEMA,
  THREAD_REPORT_SCHEMA,
  type ThreadOrder,
  type ThreadReport,
} from '../src/thread-messages.ts'
import type { ThreadEvents, ThreadHandle, ThreadSpawner } from '../src/thread-spawner.ts'

export class FakeThread implements ThreadHandle {
  readonly start: StartOrder
  readonly ledger: ThreadLedger
  readonly orders: ThreadOrder[] = []
  /** The names sent and not forgotten by `finish`, batch by batch. */
  readonly sent: string[][] = []
  readonly #orderedSlots: SlotReader
  readonly #answers: SlotWriter
  readonly #events: ThreadEvents
  readonly #slotOf = new Map<string, number>()
  terminated = false

  constructor(start: StartOrder, events: ThreadEvents) {
    check(THREAD_ORDER_SCHEMA, start)
    this.start = start
    this.ledger = new ThreadLedger(start.ledger)
    this.#orderedSlots = new SlotReader(this.ledger.orderedSlots)
    this.#answers = new SlotWriter(this.ledger.answeredSlots)
    this.#events = events
  }

  post(order: ThreadOrder): void {
    check(THREAD_ORDER_SCHEMA, order)
    this.orders.push(order)
    if (order.kind !== 'batch') return
    this.#orderedSlots.begin(order)
    const names = Array.from({ length: order.count }, () => {
      this.#orderedSlots.next()
      this.#slotOf.set(this.#orderedSlots.text, this.#orderedSlots.slot)
      return this.#orderedSlots.text
    })
    this.sent.push(names)
  }

  async terminate(): Promise<void> {
    this.terminated = true
  }

  report(report: ThreadReport): void {
    check(THREAD_REPORT_SCHEMA, report)
    this.#events.onMessage(report)
  }

  ready(): void {
    this.report({ kind: 'ready' })
  }

  exit(reason = 'it exited'): void {
    this.#events.onExit(reason)
  }

  slot(name: string): number {
    return this.#slotOf.get(name)!
  }

  /** Starts the request with this name, as the thread does before it calls the greeter. */
  claim(name: string): boolean {
    return this.ledger.start(this.slot(name))
  }

  /** Answers names that were claimed, each by itself in upper case; `meanMs` is what each took. */
  answer(names: string[], batchesConsumed = 0, meanMs = 0.001): void {
    for (const name of names) this.#answers.add(this.slot(name), name.toUpperCase())
    this.#reportAnswers(batchesConsumed, names.length, names.length * meanMs)
  }

  /** Tells that the greeter failed for a name that was claimed. */
  fail(name: string, batchesConsumed: number): void {
    this.#answers.mark(this.slot(name), ANSWER_MARKS.failed)
    this.#reportAnswers(batchesConsumed, 1, 1)
  }

  /** Claims and answers everything that was sent and not revoked, and forgets it. */
  finish(meanMs = 0.001): void {
    const sent = this.sent.splice(0)
    const claimed = sent.flat().filter((name) => this.claim(name))
    this.answer(claimed, sent.length, meanMs)
  }

  #reportAnswers(batchesConsumed: number, started: number, busyMs: number): void {
    this.report({ kind: 'answers', ...this.#answers.take(), batchesConsumed, started, busyMs })
  }
}

export class FakeSpawner implements ThreadSpawner {
  readonly threads: FakeThread[] = []
  /** Thrown by the next spawn. */
  failure: Error | undefined

  spawn(start: StartOrder, events: ThreadEvents): FakeThread {
    const { failure } = this
    this.failure = undefined
    if (failure) throw failure
    const thread = new FakeThread(start, events)
    this.threads.push(thread)
    return thread
  }
}

function check(schema: TSchema, message: unknown): void {
  const error = Value.Errors(schema, message).First()
  if (error)
    throw new Error(`Not a message between threads: ${error.path} ${error.message}: ${JSON.stringify(message)}`)
}
