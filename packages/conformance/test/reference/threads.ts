/**
 * The threads of the reference server, acted inside one: a greeter that occupies its thread keeps later requests waiting,
 * in a queue that can be full.
 */
import type { Has } from './bugs.ts'
import type { Greeted, Greeter } from './greeter.ts'

/** A request that a thread has or that waits for one. */
export interface Job {
  /** Takes the request back; false when its greeter has started. */
  withdraw(): boolean
}

export class Threads {
  readonly #greeter: Greeter
  readonly #has: Has
  /** What is running; only a fault looks at it. */
  readonly #running = new Set<(greeted: Greeted) => void>()
  readonly #room: number
  readonly #waiting = new Set<() => void>()
  #free: number

  constructor(
    greeter: Greeter,
    has: Has,
    { threads = 2, queueRequests = 65_536 }: { threads?: number; queueRequests?: number },
  ) {
    this.#greeter = greeter
    this.#has = has
    this.#free = threads
    this.#room = queueRequests
  }

  /** Has a name greeted; nothing when the queue is full. */
  submit(name: string, done: (greeted: Greeted) => void): Job | undefined {
    if (this.#free === 0 && this.#waiting.size >= this.#room) return undefined
    const start = (): void => this.#start(name, done)
    this.#waiting.add(start)
    this.#pump()
    return { withdraw: () => this.#waiting.delete(start) }
  }

  /** Begins at once although every thread is busy: only a fault does this. */
  overrule(name: string): void {
    this.#greeter(name, () => undefined)
  }

  /** Forgets what waits. */
  stop(): void {
    this.#waiting.clear()
  }

  #pump(): void {
    for (const start of this.#waiting) {
      if (this.#free === 0) return
      this.#waiting.delete(start)
      start()
    }
  }

  #start(name: string, done: (greeted: Greeted) => void): void {
    const ended = (greeted: Greeted): void => {
      this.#running.delete(ended)
      done(greeted)
      if (greeted === 'lost' && this.#has('thread-loss-takes-all')) for (const other of this.#running) other('lost')
    }
    this.#running.add(ended)
    const busyMs = this.#greeter(name, ended)
    if (busyMs === 0) return
    this.#free -= 1
    setTimeout(() => {
      this.#free += 1
      this.#pump()
    }, busyMs)
  }
}
