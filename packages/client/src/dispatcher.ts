/**
 * Brings calls to sessions: asks for a session when there is work, sends what has room, retries what is safe, and settles every
 * call exactly once, whatever happens.
 */

import { type ReceivedGoodbye, UsageError } from '@greetwire/protocol'
import { type Call, GreetCall, type PingCall } from './call.ts'
import type { ClientSession } from './client-session.ts'
import { Connector } from './connector.ts'
import { type Failure, type LocalDescription, localError } from './failure.ts'
import type { GreetError } from './greet-error.ts'
import { retryDelayMs } from './retry-plan.ts'
import type { SessionOwner, SessionSetup } from './session-owner.ts'
import { WaitingCalls } from './waiting-calls.ts'
import { WakeTimer } from './wake-timer.ts'

/** What a Dispatcher tells while it works. */
export interface DispatcherEvents {
  opened(session: ClientSession): void
  goodbye(goodbye: ReceivedGoodbye): void
  retry(call: GreetCall, error: GreetError, delayMs: number): void
}

/** @internal */
export class Dispatcher implements SessionOwner<ClientSession> {
  readonly #setup: SessionSetup
  readonly #events: DispatcherEvents
  readonly #connector: Connector
  readonly #timer = new WakeTimer(() => this.#wake())
  readonly #waiting = new WaitingCalls()
  /** Every call that is not settled. */
  readonly #calls = new Set<Call>()
  #starting: { opened(): void; failed(error: GreetError): void } | undefined
  #closing: { deadline: number; done(): void } | undefined
  #closed: Promise<void> | undefined

  constructor(setup: SessionSetup, events: DispatcherEvents) {
    this.#setup = setup
    this.#events = events
    this.#connector = new Connector(setup, this)
  }

  /** Opens the first session, in one try; none for a signal that has fired. */
  start(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((opened, failed) => {
      this.#starting = { opened, failed }
      if (signal?.aborted) this.giveUpStart(signal.reason)
      else this.#connect()
    })
  }

  /** Ends `start` because its caller aborted. */
  giveUpStart(cause: unknown): void {
    const what = `connect to ${this.#setup.target.text}`
    this.#failStart(localError(what, 'the caller aborted', { code: 'ABORTED', retryable: true, cause }))
  }

  /** Takes a call over. It is refused while `maxQueued` of its kind wait, unless whoever makes such calls bounds their number. */
  submit(call: GreetCall | PingCall, { bounded = false }: { readonly bounded?: boolean } = {}): void {
    this.#calls.add(call)
    if (this.#calls.size === 1) this.#keepAlive()
    if (this.#closed) return this.#fail(call, this.errorFor(call, 'the client was closed', { code: 'CLIENT_CLOSED' }))
    const { maxQueued } = this.#setup.options
    if (!bounded && this.#waiting.countLike(call) >= maxQueued)
      return this.#fail(
        call,
        this.errorFor(call, `${maxQueued} others wait already; slow down`, { code: 'QUEUE_FULL', retryable: true }),
      )
    if (this.#connector.ended) return this.#failUnconnected(call, this.#connector.ended)
    this.#timer.by(call.deadline)
    const session = this.#connector.current
    if (call instanceof GreetCall && session && session.room > 0 && !this.#waiting.any) return this.#send(session, call)
    this.#waiting.add(call)
    this.#pump()
  }

  /** Settles a call with an error of the caller's making; a request that was sent is cancelled. */
  abandon(call: Call, reason: string, description: LocalDescription): void {
    if (call.settled) return
    const { session } = call
    const executed = session && call instanceof GreetCall ? 'maybe' : 'never'
    session?.giveUp(call)
    const error = this.errorFor(call, reason, { ...description, executed, retryable: executed === 'never' })
    this.#fail(call, error)
    // It may have been the last call that its session was kept for.
    if (session) this.#watchSessions()
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

  failed(call: Call, failure: Failure): void {
    const again = call instanceof GreetCall && !this.#connector.ended
    const delayMs = again ? retryDelayMs(call, failure, this.#setup.options) : undefined
    if (delayMs === undefined) return this.#fail(call, failure.error)
    this.#sendAgain(call as GreetCall, failure, delayMs)
  }

  #sendAgain(call: GreetCall, { error, retry }: Failure, delayMs: number): void {
    call.retries++
    call.repeated ||= retry === 'once'
    call.notBefore = performance.now() + delayMs
    if (call.notBefore >= call.deadline) return this.#fail(call, error)
    if (delayMs === 0) this.#waiting.add(call)
    else {
      this.#waiting.delay(call)
      this.#timer.by(call.notBefore)
    }
    // Told last: the listener may give the call up.
    this.#events.retry(call, error, delayMs)
  }

  #pump(): void {
    const { greets, pings } = this.#waiting
    if (!this.#waiting.any) return
    const session = this.#connector.current
    if (!session) return this.#connect()
    if (!session.open) return
    for (const ping of pings) session.ping(ping)
    pings.clear()
    for (const call of greets) {
      if (session.room === 0) break
      greets.delete(call)
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
    this.#failStart(failure.error)
    if (failure.final) this.#failWaiting(failure.error)
  }

  #failStart(error: GreetError): void {
    this.#starting?.failed(error)
    this.#starting = undefined
  }

  #failWaiting(error: GreetError): void {
    const { greets, pings } = this.#waiting
    // What waits for its time may find another session then, unless there will be none.
    const hopeless = this.#connector.ended ? this.#waiting.all : [...greets, ...pings]
    for (const call of hopeless) this.#failUnconnected(call, error)
  }

  #failUnconnected(call: Call, cause: GreetError): void {
    const { code, source, retryable, detail, message } = cause
    const reason = message.replace('Cannot connect', 'no connection')
    this.#fail(call, this.errorFor(call, reason, { code, source, retryable, detail, cause }))
  }

  /** Looks for everything that is due, and for the time to look again. */
  #wake(): void {
    const now = performance.now()
    let next = Infinity
    for (const call of this.#calls) {
      if (call.deadline > now) next = Math.min(next, call.deadline)
      else this.#timeOut(call)
    }
    next = Math.min(next, this.#waiting.releaseDelayed(now))
    if (this.#closing && this.#closing.deadline <= now) this.#closeNow()
    else if (this.#closing) next = Math.min(next, this.#closing.deadline)
    this.#timer.by(Math.min(next, this.#connector.expire(now)))
    this.#pump()
  }

  #timeOut(call: Call): void {
    const { current, failure } = this.#connector
    if (call.session || current?.open || !failure) {
      const reason = 'no answer in time; raise timeoutMs if the server may take longer'
      this.abandon(call, reason, { code: 'TIMED_OUT' })
      if (!current?.open || !current.showsSilence(call)) return
      current.silent = true
      return this.#retire(current)
    }
    const why = failure.message.replace('Cannot connect', 'cannot connect')
    return this.abandon(call, `no connection in time; ${why}`, { code: 'TIMED_OUT', cause: failure })
  }

  #fail(call: Call, error: GreetError): void {
    this.#waiting.delete(call)
    this.#settled(call)
    call.fail(call instanceof GreetCall && call.repeated ? error.afterRepeat() : error)
  }

  #settled(call: Call): void {
    call.settled = true
    call.onSettled?.()
    this.#calls.delete(call)
    if (this.#calls.size > 0) return
    this.#keepAlive()
    if (this.#closing) queueMicrotask(() => this.#closeIfDone())
  }

  /** The error of a call that was refused or given up here. */
  errorFor(call: Call, reason: string, description: LocalDescription): GreetError {
    return localError(`${call.what} at ${this.#setup.target.text}`, reason, description)
  }

  #closeIfDone(): void {
    if (!this.#closing || this.#calls.size > 0) return
    for (const session of this.#connector.sessions) {
      if (session.wasOpen) session.finish()
      if (!session.wasOpen || session.abandoned) session.destroy()
    }
    this.#watchSessions()
    if (this.#connector.sessions.size > 0) return
    this.#timer.stop()
    this.#closing.done()
    this.#closing = undefined
  }

  #closeNow(): void {
    for (const call of this.#calls)
      this.abandon(call, 'the client was closed before the answer', { code: 'CLIENT_CLOSED' })
    for (const session of this.#connector.sessions) session.destroy()
  }

  /** The process stays alive while somebody waits for something. */
  #keepAlive(): void {
    const alive = this.#calls.size > 0 || this.#starting !== undefined || this.#closing !== undefined
    for (const session of this.#connector.sessions) session.keepAlive(alive)
    this.#timer.keepAlive(alive)
  }
}
