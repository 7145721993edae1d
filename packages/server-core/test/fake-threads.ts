/** Threads that a test moves by hand: it claims, answers, beats and dies for them. Every message is checked against its schema. */

import type { TSchema } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { ThreadLedger } from '../src/thread-ledger.ts'
import {
  type BatchOrder,
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
  readonly #events: ThreadEvents
  readonly #slotOf = new Map<string, number>()
  terminated = false

  constructor(start: StartOrder, events: ThreadEvents) {
    check(THREAD_ORDER_SCHEMA, start)
    this.start = start
    this.ledger = new ThreadLedger(start.ledger)
    this.#events = events
  }

  post(order: ThreadOrder): void {
    check(THREAD_ORDER_SCHEMA, order)
    this.orders.push(order)
    if (order.kind === 'batch') order.names.forEach((name, index) => this.#slotOf.set(name, order.slots[index]!))
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

  get batches(): BatchOrder[] {
    return this.orders.filter((order) => order.kind === 'batch')
  }

  /** The names sent, batch by batch. */
  get sent(): string[][] {
    return this.batches.map(({ names }) => names)
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
    this.report({
      kind: 'answers',
      slots: names.map((name) => this.slot(name)),
      greetings: names.map((name) => name.toUpperCase()),
      forgotten: [],
      batchesConsumed,
      started: names.length,
      busyMs: names.length * meanMs,
    })
  }

  /** Claims and answers everything that was sent and not revoked, and forgets it. */
  finish(meanMs = 0.001): void {
    const { batches } = this
    this.orders.length = 0
    const claimed = batches.flatMap(({ names }) => names).filter((name) => this.claim(name))
    this.answer(claimed, batches.length, meanMs)
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
