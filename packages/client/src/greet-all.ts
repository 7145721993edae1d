/**
 * Greets every name of a sequence over one client, many at once, and hands the results out as an async iterable.
 *
 * Memory is bounded: at most `concurrency` names are on their way and at most as many results wait for the consumer; a consumer
 * that stops reading stops the reading of names.
 */

import { GreetCall } from './call.ts'
import { Fifo } from './fifo.ts'
import { localError } from './failure.ts'
import type { GreetAllSetup } from './greet-all-options.ts'
import type { GreetError } from './greet-error.ts'

/** One greeted name. */
export interface Greeted {
  /** The place of the name in the input, from 0. */
  readonly index: number
  readonly name: string
  readonly greeting: string
  readonly error?: undefined
}

/** One name that got an error. */
export interface NotGreeted {
  readonly index: number
  readonly name: string
  readonly greeting?: undefined
  readonly error: GreetError
}

/** What greetAll needs of a client. */
export interface GreetAllHost {
  submit(call: GreetCall): void
  abandon(call: GreetCall, reason: string): void
  flush(): void
}

type Result = Greeted | NotGreeted
interface Source {
  next(): IteratorResult<string> | Promise<IteratorResult<string>>
  return?(): unknown
}

/** Greets all `names` and yields one result for each; ends cleanly when its consumer stops early. @internal */
export async function* greetAll(
  host: GreetAllHost,
  names: Iterable<string> | AsyncIterable<string>,
  setup: GreetAllSetup,
): AsyncGenerator<Result, void, undefined> {
  const run = new Run(host, names, setup)
  try {
    for (;;) {
      run.refill()
      const result = run.take()
      if (result === undefined) {
        if (run.finished) return
        await run.change()
      } else if (result.error && setup.throws) throw result.error
      else yield result
    }
  } catch (error) {
    // As in a for-of, what the source throws while it is closed does not hide why it is.
    await run.stop().catch(() => undefined)
    throw error
  } finally {
    await run.stop()
  }
}

class BulkCall extends GreetCall {
  readonly #index: number
  readonly #run: Run
  result: Result | undefined

  constructor(index: number, name: string, timeoutMs: number, idempotent: boolean, run: Run) {
    super(name, timeoutMs, idempotent)
    this.#index = index
    this.#run = run
  }

  override greeted(greeting: string): void {
    this.result = { index: this.#index, name: this.text, greeting }
    this.#run.arrived(this)
  }

  override fail(error: GreetError): void {
    this.result = { index: this.#index, name: this.text, error }
    this.#run.arrived(this)
  }
}

class Run {
  readonly #host: GreetAllHost
  readonly #setup: GreetAllSetup
  readonly #source: Source
  /** What is not handed out yet: every call in the order of the input, or only what has arrived. */
  readonly #window = new Fifo<BulkCall>()
  readonly #onTheWay = new Set<BulkCall>()
  #started = 0
  #taken = 0
  /** `refused`: what came last is no name; the source has not ended then, so it is still to be closed. */
  #sourceState: 'ready' | 'asking' | 'refused' | 'ended' = 'ready'
  /** Ends the iteration: at once for an abort, behind all results for an error of the source. */
  #failure: { error: unknown; atOnce: boolean } | undefined
  #notify: (() => void) | undefined

  constructor(host: GreetAllHost, names: Iterable<string> | AsyncIterable<string>, setup: GreetAllSetup) {
    this.#host = host
    this.#setup = setup
    this.#source = Symbol.asyncIterator in names ? names[Symbol.asyncIterator]() : names[Symbol.iterator]()
    setup.signal?.addEventListener('abort', this.#abort, { once: true })
    if (setup.signal?.aborted) this.#abort()
  }

  /** Starts as many names as there is room for. */
  refill(): void {
    const before = this.#started
    this.#readOn()
    if (this.#started > before) this.#host.flush()
  }

  /** The next result, if it is there. */
  take(): Result | undefined {
    if (this.#failure?.atOnce) throw this.#failure.error
    const result = this.#window.peek()?.result
    if (result === undefined) return undefined
    this.#window.shift()
    this.#taken++
    return result
  }

  /** Whether everything was handed out. Throws what the source threw. */
  get finished(): boolean {
    const reading = this.#sourceState === 'ready' || this.#sourceState === 'asking'
    if (reading || this.#taken < this.#started) return false
    if (this.#failure) throw this.#failure.error
    return true
  }

  /** Waits for a result, the end of the source or an abort. */
  change(): Promise<void> {
    return new Promise((resolve) => {
      this.#notify = resolve
    })
  }

  arrived(call: BulkCall): void {
    this.#onTheWay.delete(call)
    if (!this.#setup.ordered) this.#window.push(call)
    this.#changed()
  }

  /** Cancels what is on its way and closes the source; a second time it does nothing. */
  async stop(): Promise<void> {
    this.#setup.signal?.removeEventListener('abort', this.#abort)
    for (const call of this.#onTheWay) this.#host.abandon(call, 'the iteration was ended')
    if (this.#sourceState === 'ended') return
    const asking = this.#sourceState === 'asking'
    this.#sourceState = 'ended'
    const returned = this.#source.return?.()
    // A source that is being asked may never answer, and an async generator returns only behind that answer.
    if (!asking) await returned
    else if (returned instanceof Promise) returned.catch(() => undefined)
  }

  readonly #abort = (): void => {
    const cause: unknown = this.#setup.signal?.reason
    const error = localError('greet all', 'the caller aborted', { code: 'ABORTED', executed: 'maybe', cause })
    this.#failure = { error, atOnce: true }
    this.#changed()
  }

  get #hasRoom(): boolean {
    const { concurrency } = this.#setup
    return !this.#failure && this.#onTheWay.size < concurrency && this.#started - this.#taken < concurrency * 2
  }

  #readOn(): void {
    while (this.#sourceState === 'ready' && this.#hasRoom) this.#ask()
  }

  #ask(): void {
    try {
      const answer = this.#source.next()
      if (!('then' in answer)) return this.#start(answer)
      this.#sourceState = 'asking'
      answer.then(this.#answered, this.#sourceFailed)
    } catch (error) {
      this.#sourceFailed(error)
    }
  }

  readonly #answered = (answer: IteratorResult<string>): void => {
    if (this.#sourceState === 'ended') return
    this.#sourceState = 'ready'
    try {
      this.#start(answer)
    } catch (error) {
      this.#sourceFailed(error)
    }
    // The session sends what is submitted in one turn in one write, so there is no flush here.
    this.#readOn()
  }

  readonly #sourceFailed = (error: unknown): void => {
    if (this.#sourceState !== 'refused') this.#sourceState = 'ended'
    this.#failure ??= { error, atOnce: false }
    this.#changed()
  }

  #start({ done, value }: IteratorResult<string>): void {
    if (done) {
      this.#sourceState = 'ended'
      return this.#changed()
    }
    const { timeoutMs, idempotent, ordered } = this.#setup
    if (typeof value !== 'string') this.#sourceState = 'refused'
    const call = new BulkCall(this.#started, value, timeoutMs, idempotent, this)
    this.#started++
    this.#onTheWay.add(call)
    if (ordered) this.#window.push(call)
    this.#host.submit(call)
  }

  #changed(): void {
    this.#notify?.()
    this.#notify = undefined
  }
}
