/** The requests of one connection: from the NAME that was taken to its terminal frame. */
import * as wire from '../../src/wire/frame.ts'
import type { CodeName } from '../../src/wire/frame.ts'
import type { Has } from './bugs.ts'
import type { Greeted } from './greeter.ts'
import type { ReferenceOptions } from './server.ts'
import type { Job, Threads } from './threads.ts'

/** What requests need of their connection. */
export interface RequestsHost {
  push(frame: Buffer): void
  /** Called when a request ended later than it was taken. */
  settle(): void
  violate(code: CodeName): void
  answered(): void
}

interface Request {
  cancelled: boolean
  job?: Job | undefined
}

type Outcome = { readonly text: string } | CodeName

export class Requests {
  /** The client's maxPayload. */
  clientMax: number = wire.DEFAULT_MAX_PAYLOAD
  /** Answers kept back by the variant that reverses them. */
  readonly held: Buffer[] = []
  readonly #threads: Threads
  readonly #options: ReferenceOptions
  readonly #has: Has
  readonly #host: RequestsHost
  readonly #inFlight = new Map<number, Request>()
  #leaked = 0

  constructor(threads: Threads, options: ReferenceOptions, has: Has, host: RequestsHost) {
    this.#threads = threads
    this.#options = options
    this.#has = has
    this.#host = host
  }

  get size(): number {
    return this.#inFlight.size
  }

  /** The highest id in flight. */
  get highest(): number | undefined {
    return this.size === 0 ? undefined : Math.max(...this.#inFlight.keys())
  }

  /** True when no place is free. */
  get full(): boolean {
    const frees = this.#has('cancel-frees-place-early')
    const taken = [...this.#inFlight.values()].filter((request) => !(frees && request.cancelled)).length
    return taken + this.held.length + this.#leaked >= this.#options.maxInFlight
  }

  /** Has a name greeted and answers it. */
  take(id: number, name: string): void {
    if (this.#has('overloaded') || this.#has('overloads-at-once')) return this.refuse(id, 'OVERLOADED', 10)
    const request: Request = { cancelled: false }
    this.#inFlight.set(id, request)
    let synchronous = true
    const end = (outcome: Outcome): void => {
      clearTimeout(timer)
      if (this.#inFlight.get(id) !== request) return
      this.#inFlight.delete(id)
      if (this.#has('place-leak')) this.#leaked += 1
      this.#answer(id, request.cancelled ? 'CANCELLED' : outcome)
      if (!synchronous) this.#host.settle()
    }
    const timer = setTimeout(
      () => (this.#has('greeting-after-timeout') ? this.#late(id) : this.#endLate(end)),
      this.#has('no-greeter-timer')
        ? 2 ** 30
        : this.#options.greeterTimeoutMs * (this.#has('greeter-timer-late') ? 6 : 1),
    )
    const begin = (): void => {
      request.job = this.#threads.submit(name, (greeted) => this.#greeted(greeted, end))
      if (request.job === undefined) {
        if (this.#has('overload-executes')) this.#threads.overrule(name)
        end('OVERLOADED')
      }
    }
    if (this.#has('slow')) {
      const late = setTimeout(begin, 5)
      request.job = {
        withdraw: () => {
          clearTimeout(late)
          return true
        },
      }
    } else begin()
    synchronous = false
  }

  cancel(id: number): void {
    const request = this.#inFlight.get(id)
    if (request === undefined) {
      if (this.#has('cancel-kills-connection')) this.#host.violate('PROTOCOL_VIOLATION')
      return
    }
    request.cancelled = true
    if (this.#has('cancel-all')) for (const other of this.#inFlight.values()) other.cancelled = true
    const ends =
      this.#has('cancelled-executed') ||
      this.#has('cancel-ends-running') ||
      (!this.#has('cancel-waits') && request.job?.withdraw() === true)
    if (!ends) return
    this.#inFlight.delete(id)
    this.#answer(id, 'CANCELLED')
  }

  /** Forgets every request; what has not begun never begins. */
  abandon(): void {
    if (!this.#has('reset-executes')) for (const request of this.#inFlight.values()) request.job?.withdraw()
    this.#inFlight.clear()
  }

  /** Ends a request without a greeting. */
  refuse(id: number, code: CodeName, detail: number, input: Buffer = Buffer.alloc(0)): void {
    const message = this.#has('reflect-input') ? `cannot greet ${printable(input)}` : `this request ends: ${code}`
    this.#host.push(wire.error(id, wire.Code[code], message, this.#has('wrong-detail') ? 0 : detail))
    if (this.#has('request-error-fatal') && code !== 'CANCELLED') this.#host.violate('PROTOCOL_VIOLATION')
    if (this.#has('greeter-failure-fatal') && code === 'GREETER_FAILED') this.#host.violate('INTERNAL')
  }

  #endLate(end: (outcome: Outcome) => void): void {
    const others = this.#has('greeter-timeout-takes-all') ? [...this.#inFlight.keys()] : []
    end('GREETER_TIMEOUT')
    for (const id of others) if (this.#inFlight.delete(id)) this.#answer(id, 'GREETER_TIMEOUT')
  }

  /** Answers without taking note of it: only a fault does this. */
  #late(id: number): void {
    this.#answer(id, 'GREETER_TIMEOUT')
    this.#host.settle()
  }

  #greeted(greeted: Greeted, end: (outcome: Outcome) => void): void {
    if (greeted === 'lost' && this.#has('thread-loss-hangs')) return
    end(greeted === 'failed' ? 'GREETER_FAILED' : greeted === 'lost' ? 'THREAD_LOST' : greeted)
  }

  #answer(id: number, outcome: Outcome): void {
    this.#host.answered()
    if (typeof outcome === 'string') {
      if (outcome === 'CANCELLED' && this.#has('cancel-no-terminal')) return
      return this.refuse(id, outcome, outcome === 'OVERLOADED' ? 10 : 0)
    }
    if (id % 500 === 0 && this.#has('lost-terminal-1-in-500')) return
    const text = Buffer.from(`${outcome.text}${this.#has('greeting-newline') ? '\n' : ''}`)
    if (text.length > this.clientMax && !this.#has('ignore-client-limit'))
      return this.refuse(id, 'GREETING_TOO_LONG', this.clientMax)
    const frame = wire.greeting(id, text)
    if (this.#has('reverse-answers')) this.held.push(frame)
    else if (this.#has('swap-two') && id % 50 === 0) this.#host.push(wire.greeting(id, 'Hello somebody else'))
    else this.#host.push(frame)
    if (id % 100 === 0 && this.#has('double-terminal')) this.#host.push(frame)
    if (this.#has('double-terminal-late')) setTimeout(() => this.#host.push(frame), 500).unref()
  }
}

/** Input as a faulty server repeats it. */
export function printable(bytes: Buffer): string {
  return bytes
    .toString('latin1')
    .replaceAll(/[^ -~]/g, '?')
    .slice(0, 200)
}
