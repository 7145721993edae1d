/** Threads of the pool without threads: the real GreetingThread on the world's clock, with late messages, deaths and hangs. */

import { GreetingThread } from '../../src/greeting-thread.ts'
import { GuardedGreeter } from '../../src/guarded-greeter.ts'
import { ThreadLedger } from '../../src/thread-ledger.ts'
import type { StartOrder, ThreadOrder, ThreadReport } from '../../src/thread-messages.ts'
import type { ThreadEvents, ThreadHandle, ThreadSpawner } from '../../src/thread-spawner.ts'
import type { Random } from './random.ts'
import { type Execution, greetingOf, readName } from './simulated-greeter.ts'
import type { World } from './world.ts'

export class SimulatedThreads implements ThreadSpawner {
  readonly #world: World
  readonly #random: Random
  /** Every thread there ever was. */
  readonly all: SimulatedThread[] = []
  /** Every call of a greeter, by the key of its request. */
  readonly executions = new Map<string, Execution[]>()
  /** How often a new thread fails to start. */
  failureRate = 0

  constructor(world: World, random: Random) {
    this.#world = world
    this.#random = random
  }

  spawn(start: StartOrder, events: ThreadEvents): SimulatedThread {
    const fails = this.#random.chance(this.failureRate)
    if (fails && this.#random.chance(0.3)) throw new Error('no more threads')
    const thread = new SimulatedThread(this.#world, this.#random, start, events, this.executions)
    this.all.push(thread)
    thread.boot(fails)
    return thread
  }

  /** Lets a thread that lives die. */
  killOne(): void {
    const living = this.all.filter(({ isDead }) => !isDead)
    if (living.length > 0) this.#random.pick(living).die()
  }
}

export class SimulatedThread implements ThreadHandle {
  readonly #world: World
  readonly #random: Random
  readonly #start: StartOrder
  readonly #events: ThreadEvents
  readonly #executions: Map<string, Execution[]>
  readonly #ledger: ThreadLedger
  readonly #greeting: GreetingThread
  /** What the thread's own loop has to do. */
  readonly #tasks: (() => void)[] = []
  #isBlocked = false
  #pumpScheduled = false
  #lastToThread = 0
  #lastToOwner = 0
  /** Reports that are on their way when a thread dies may be lost. */
  #losesReports = false
  diedAt: number | undefined

  constructor(
    world: World,
    random: Random,
    start: StartOrder,
    events: ThreadEvents,
    executions: Map<string, Execution[]>,
  ) {
    this.#world = world
    this.#random = random
    this.#start = start
    this.#events = events
    this.#executions = executions
    this.#ledger = new ThreadLedger(start.ledger)
    const greeter = new GuardedGreeter(
      (name) => this.#greet(name),
      false,
      this.#ledger,
      () => {},
    )
    this.#greeting = new GreetingThread(greeter, this.#ledger, {
      post: (report) => this.#report(report),
      now: () => world.now,
      yield: (run) => this.#enqueue(run),
    })
  }

  get isDead(): boolean {
    return this.diedAt !== undefined
  }

  boot(fails: boolean): void {
    this.#world.after(this.#random.int(1, 20), () => {
      if (this.isDead) return
      if (fails) return this.#random.chance(0.5) ? this.die() : this.#report({ kind: 'refused', reason: 'no greeter' })
      this.#report({ kind: 'ready' })
      this.#beat()
    })
  }

  post(order: ThreadOrder): void {
    this.#lastToThread = this.#deliver(this.#lastToThread, () => {
      if (!this.isDead) this.#enqueue(() => this.#greeting.receive(order))
    })
  }

  terminate(): Promise<void> {
    this.diedAt ??= this.#world.now
    this.#losesReports = true
    return new Promise((resolve) => {
      this.#world.after(this.#random.int(0, 5), () => {
        this.#events.onExit('asked to')
        resolve()
        this.#world.promiseMoved()
      })
    })
  }

  die(): void {
    if (this.isDead) return
    this.diedAt = this.#world.now
    this.#losesReports = this.#random.chance(0.5)
    this.#deliver(this.#lastToOwner, () => this.#events.onExit('it died'))
  }

  #report(report: ThreadReport): void {
    if (this.isDead) return
    this.#lastToOwner = this.#deliver(this.#lastToOwner, () => {
      if (!this.#losesReports) this.#events.onMessage(report)
      if (report.kind === 'ready') this.#world.promiseMoved()
    })
  }

  #deliver(notBefore: number, run: () => void): number {
    const at = Math.max(notBefore, this.#world.now + this.#random.int(0, 2))
    this.#world.after(at - this.#world.now, run)
    return at
  }

  #beat(): void {
    if (this.isDead) return
    if (!this.#isBlocked) this.#ledger.beat()
    this.#world.after(this.#start.heartbeatMs, () => this.#beat())
  }

  #enqueue(task: () => void): void {
    this.#tasks.push(task)
    this.#pump()
  }

  /** One task in a turn, none while a greeter blocks. */
  #pump(): void {
    if (this.#pumpScheduled || this.#isBlocked || this.isDead || this.#tasks.length === 0) return
    this.#pumpScheduled = true
    this.#world.after(0, () => {
      this.#pumpScheduled = false
      // The task before may have blocked the thread since this turn was planned.
      if (!this.isDead && !this.#isBlocked) this.#tasks.shift()?.()
      this.#pump()
    })
  }

  #greet(name: string): string | Promise<string> {
    const { behaviour, ms, key } = readName(name)
    const execution: Execution = { key, thread: this, startedAt: this.#world.now, endedAt: undefined }
    const earlier = this.#executions.get(key)
    if (earlier) earlier.push(execution)
    else this.#executions.set(key, [execution])
    if (behaviour === 'block' || behaviour === 'hang') this.#block(behaviour === 'hang' ? Infinity : ms)
    if (behaviour === 'kill') this.die()
    if (this.isDead) throw new Error('a dead thread does not get here')
    if (behaviour === 'later' || behaviour === 'reject') return this.#greetLater(execution, name)
    if (behaviour === 'never') return new Promise(() => {})
    execution.endedAt = this.#world.now
    if (behaviour === 'throw') throw new Error('the greeter throws')
    if (behaviour === 'number') return 1 as never
    if (behaviour === 'surrogate') return 'half of a pair: \ud83d'
    return behaviour === 'long' ? 'long '.repeat(20_000) : greetingOf(name)
  }

  #greetLater(execution: Execution, name: string): Promise<string> {
    const { behaviour, ms } = readName(name)
    const greeting = new Promise<string>((resolve, reject) => {
      this.#world.after(ms, () => {
        if (this.isDead) return
        // A promise that settles while its thread is blocked is seen later.
        this.#enqueue(() => {
          if (behaviour === 'reject') reject(new Error('the greeter rejects'))
          else resolve(greetingOf(name))
          this.#world.promiseMoved()
        })
      })
    })
    const noteEnd = (): void => {
      execution.endedAt = this.#world.now
    }
    greeting.then(noteEnd, noteEnd)
    return greeting
  }

  #block(ms: number): void {
    this.#isBlocked = true
    this.#world.block(ms, () => this.isDead)
    this.#isBlocked = false
    this.#pump()
  }
}
