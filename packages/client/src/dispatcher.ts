/**
 * Brings calls to sessions: asks for a session when there is work, sends what has room, retries what is safe, and settles every
 * call exactly once, whatever happens.
 */

import { type ReceivedGoodbye, UsageError } from '@greetwire/protocol'
import { backoffMs } from './backoff.ts'
import { type Call, GreetCall, PingCall } from './call.ts'
import type { ClientSession, SessionOwner, SessionSetup } from './client-session.ts'
import { Connector } from './connector.ts'
import type { Failure } from './failure.ts'
import { GreetError, type GreetErrorDescription } from './greet-error.ts'
import { WakeTimer } from './wake-timer.ts'

/** What a Dispatcher tells while it works. */
export interface DispatcherEvents {
  opened(session: ClientSession): void
  goodbye(goodbye: ReceivedGoodbye): void
  retry(call: GreetCall, error: GreetError, delayMs: number): void
}

/** @internal */
export class Dispatcher implements SessionOwner {
  readonly #setup: Omit<SessionSetup, 'serial'>
  readonly #events: DispatcherEvents
  readonly #connector: Connector
  readonly #timer = new WakeTimer(() => this.#wake())
  /** What waits for a session with room, in order. */
  readonly #queue = new Set<GreetCall>()
  readonly #pings = new Set<PingCall>()
  /** What waits for the time of its next try. */
  readonly #delayed = new Set<GreetCall>()
  /** How many calls are not settled. */
  #calls = 0
  #starting: { opened(): void; failed(error: GreetError): void } | undefined
  #closing: { deadline: number; done(): void } | undefined
  #closed: Promise<void> | undefined

  constructor(setup: Omit<SessionSetup, 'serial'>, events: DispatcherEvents) {
    this.#setup = setup
    this.#events = events
    this.#connector = new Connector(setup, this)
  }

  /** Opens the first session, in one try. */
  start(): Promise<void> {
    return new Promise((opened, failed) => {
      this.#starting = { opened, failed }
      this.#connect()
    })
  }

  /** Ends `start` because its caller aborted. */
  giveUpStart(cause: unknown): void {
    const text = `Cannot connect to ${this.#setup.target.text}: the caller aborted`
    this.#starting?.failed(new GreetError(text, { code: 'ABORTED', retryable: true, executed: 'never', cause }))
    this.#starting = undefined
  }

  /** Takes a call over. */
  submit(call: GreetCall | PingCall): void {
    this.#calls++
    if (this.#calls === 1) this.#keepAlive()
    if (this.#closed) return this.#fail(call, this.#closedError(call))
    const { maxQueued } = this.#setup.options
    if (this.#queue.size >= maxQueued)
      return this.#fail(
        call,
        this.errorFor(call, `${maxQueued} requests wait already; slow down`, { code: 'QUEUE_FULL', retryable: true }),
      )
    this.#timer.by(call.deadline)
    if (call instanceof GreetCall) {
      const session = this.#connector.current
      if (session && this.#queue.size === 0 && session.room > 0) return this.#send(session, call)
      this.#queue.add(call)
    } else this.#pings.add(call)
    this.#pump()
  }

  /** Settles a call with an error of the caller's making; a request that was sent is cancelled. */
  abandon(call: Call, reason: string, description: Pick<GreetErrorDescription, 'code' | 'cause'>): void {
    if (call.settled) return
    const executed = call.session && call instanceof GreetCall ? 'maybe' : 'never'
    call.session?.giveUp(call)
    const error = this.errorFor(call, reason, { ...description, executed, retryable: executed === 'never' })
    this.#fail(call, error)
  }

  /** Sends what was submitted now, instead of at the end of the turn. */
  flush(): void {
    this.#connector.current?.flush()
  }

  /** Refuses further calls, waits for those there are, and closes every session. */
  close(): Promise<void> {
    this.#closed ??= new Promise((done) => {
      const { closeTimeoutMs } = this.#setup.options
      this.#closing = { deadline: closeTimeoutMs === 0 ? Infinity : performance.now() + closeTimeoutMs, done }
      this.#timer.by(this.#closing.deadline)
      this.#keepAlive()
      this.#closeIfDone()
    })
    return this.#closed
  }

  // What sessions tell.

  opened(session: ClientSession): void {
    session.wasOpen = true
    this.#events.opened(session)
    this.#starting?.opened()
    this.#starting = undefined
    this.#keepAlive()
    this.#pump()
  }

  changed(session: ClientSession): void {
    this.#connector.answered(session)
    if (session.exhausted) this.#retire(session)
    this.#watchSessions()
    this.#pump()
  }

  closed(session: ClientSession): void {
    this.#connector.sessions.delete(session)
    this.#retire(session)
    this.#pump()
    this.#closeIfDone()
  }

  goodbye(goodbye: ReceivedGoodbye): void {
    this.#events.goodbye(goodbye)
  }

  greeted(call: GreetCall, greeting: string): void {
    this.#settled(call)
    call.greeted(greeting)
  }

  ponged(call: PingCall, milliseconds: number): void {
    this.#settled(call)
    call.ponged(milliseconds)
  }

  failed(call: Call, { error, retry, delayMs }: Failure): void {
    if (!(call instanceof GreetCall) || !this.#mayRetry(call, retry)) return this.#fail(call, error)
    const { backoffMinMs, backoffMaxMs } = this.#setup.options
    call.retries++
    if (retry === 'once') call.repeated = true
    // After the end of a connection the distance between connections is what counts.
    const distanceMs =
      delayMs === undefined ? 0 : Math.max(delayMs, backoffMs(call.retries, backoffMinMs, backoffMaxMs, Math.random()))
    call.notBefore = performance.now() + distanceMs
    if (call.notBefore >= call.deadline) return this.#fail(call, error)
    this.#events.retry(call, error, distanceMs)
    if (distanceMs === 0) this.#queue.add(call)
    else {
      this.#delayed.add(call)
      this.#timer.by(call.notBefore)
    }
  }

  #mayRetry(call: GreetCall, retry: Failure['retry']): boolean {
    if (call.retries >= this.#setup.options.retries) return false
    return retry === 'freely' || (retry === 'once' && call.idempotent && !call.repeated)
  }

  #pump(): void {
    if (this.#queue.size === 0 && this.#pings.size === 0) return
    const session = this.#connector.current
    if (!session) return this.#connect()
    if (!session.open) return
    for (const ping of this.#pings) session.ping(ping)
    this.#pings.clear()
    for (const call of this.#queue) {
      if (session.room === 0) break
      this.#queue.delete(call)
      this.#send(session, call)
    }
    if (session.exhausted) this.#retire(session)
  }

  #send(session: ClientSession, call: GreetCall): void {
    try {
      session.greet(call)
    } catch (error) {
      if (!(error instanceof UsageError)) throw error
      const tooLong = new TextEncoder().encode(call.text).length > session.maxName
      const reason = error.message.replace('Cannot send NAME: ', '')
      const detail = tooLong ? session.maxName : 0
      this.#fail(call, this.errorFor(call, reason, { code: tooLong ? 'NAME_TOO_LONG' : 'INVALID_NAME', detail }))
    }
  }

  #connect(): void {
    this.#timer.by(this.#connector.open(performance.now()))
    this.#watchSessions()
    this.#keepAlive()
  }

  #watchSessions(): void {
    this.#timer.by(this.#connector.expire(performance.now()))
  }

  /** A session takes no more calls. If waiting for another one is in vain, what waits fails. */
  #retire(session: ClientSession): void {
    const failure = this.#connector.retire(session, performance.now())
    if (!failure) return
    const { error } = failure
    this.#starting?.failed(error)
    if (!failure.final && !this.#starting) return
    this.#starting = undefined
    for (const call of [...this.#queue, ...this.#pings]) {
      const { code, retryable, detail } = error
      const reason = error.message.replace('Cannot connect', 'no connection')
      this.#fail(call, this.errorFor(call, reason, { code, retryable, detail, cause: error }))
    }
  }

  /** Looks for everything that is due, and for the time to look again. */
  #wake(): void {
    const now = performance.now()
    let next = Infinity
    for (const call of this.#unsettled()) {
      if (call.deadline > now) next = Math.min(next, call.deadline)
      else this.abandon(call, 'no answer in time; raise timeoutMs if the server may take longer', { code: 'TIMED_OUT' })
    }
    for (const call of this.#delayed) {
      if (call.notBefore > now) next = Math.min(next, call.notBefore)
      else {
        this.#delayed.delete(call)
        this.#queue.add(call)
      }
    }
    if (this.#closing && this.#closing.deadline <= now) this.#closeNow()
    else if (this.#closing) next = Math.min(next, this.#closing.deadline)
    this.#timer.by(Math.min(next, this.#connector.expire(now)))
    this.#pump()
  }

  #unsettled(): Call[] {
    const sent = [...this.#connector.sessions].flatMap((session) => [...session.calls()])
    return [...sent, ...this.#queue, ...this.#delayed, ...this.#pings]
  }

  #fail(call: Call, error: GreetError): void {
    if (call instanceof GreetCall) {
      this.#queue.delete(call)
      this.#delayed.delete(call)
    } else this.#pings.delete(call as PingCall)
    this.#settled(call)
    call.fail(call instanceof GreetCall && call.repeated ? error.afterRepeat() : error)
  }

  #settled(call: Call): void {
    call.settled = true
    call.onSettled?.()
    this.#calls--
    if (this.#calls > 0) return
    this.#keepAlive()
    if (this.#closing) queueMicrotask(() => this.#closeIfDone())
  }

  /** The error of a call that never reached a server, unless `description` says more. */
  errorFor(
    call: Call,
    reason: string,
    description: Partial<GreetErrorDescription> & Pick<GreetErrorDescription, 'code'>,
  ): GreetError {
    const text = `Cannot ${call.what} at ${this.#setup.target.text}: ${reason}`
    return new GreetError(text, { executed: 'never', retryable: false, ...description })
  }

  #closedError(call: Call): GreetError {
    return this.errorFor(call, 'the client was closed', { code: 'CLIENT_CLOSED' })
  }

  #closeIfDone(): void {
    if (!this.#closing || this.#calls > 0) return
    for (const session of this.#connector.sessions) {
      if (session.wasOpen) session.finish()
      else session.destroy()
    }
    this.#watchSessions()
    if (this.#connector.sessions.size > 0) return
    this.#timer.stop()
    this.#closing.done()
    this.#closing = undefined
  }

  #closeNow(): void {
    for (const call of this.#unsettled())
      this.abandon(call, 'the client was closed before the answer', { code: 'CLIENT_CLOSED' })
    for (const session of this.#connector.sessions) session.destroy()
  }

  /** The process stays alive while somebody waits for something. */
  #keepAlive(): void {
    const alive = this.#calls > 0 || this.#starting !== undefined || this.#closing !== undefined
    for (const session of this.#connector.sessions) session.keepAlive(alive)
    this.#timer.keepAlive(alive)
  }
}
