/**
 * One connection as the server sees it: judges the client's frames and writes the server's (SPEC "Life cycle").
 *
 * What to do in which state is looked up in SERVER_TRANSITIONS; client-frame.ts says which input a frame is; this file carries the
 * action out. It knows no socket, clock or thread; requests leave through a RequestHandler and come back through `reply`.
 */

import { OutputBuffer } from '../bytes/output-buffer.ts'
import { ERROR_CODES, type FatalErrorName, type GoodbyeReason } from '../error-codes.ts'
import { FrameCursor } from '../frames/frame-cursor.ts'
import { DEFAULT_MAX_PAYLOAD, type ServerLimits, VERSIONS } from '../limits.ts'
import { Name, nameText } from '../messages/name.ts'
import { inputOfHeader, judgeHello } from './client-frame.ts'
import { ConnectionTimers, type TimerOptions } from './connection-timers.ts'
import type { Answer, Closing, Connection, RequestHandler } from './connection.ts'
import { NameRun } from './name-run.ts'
import { appendAnswer, appendError, appendGoodbye, appendPong, appendWelcome } from './server-output.ts'
import { SERVER_TRANSITIONS, type ServerAction, type ServerInput, type ServerState } from './transitions.ts'

/** The limits a connection keeps, its timers, and the agent text of its WELCOME. */
export interface ServerConnectionOptions extends ServerLimits, TimerOptions {
  readonly agent: string
}

/** The server's side of the framed protocol. */
export class ServerConnection implements Connection {
  readonly #options: ServerConnectionOptions
  readonly #handler: RequestHandler
  readonly #timers: ConnectionTimers
  readonly #cursor = new FrameCursor()
  readonly #output = new OutputBuffer()
  readonly #inFlight = new Set<number>()
  readonly #names: NameRun
  #state: ServerState = 'FRESH'
  #closing: Closing = 'no'
  /** The highest id of a NAME seen; in DRAINING that includes discarded ones. */
  #last = 0
  #maxPayload = DEFAULT_MAX_PAYLOAD
  /** Whether judging stopped in front of a NAME that finds no place in flight. */
  #stopped = false
  #finReceived = false
  /** The error with id 0 that is due once nothing is in flight. */
  #fatal: { code: FatalErrorName; detail: number } | undefined

  constructor(options: ServerConnectionOptions, handler: RequestHandler, now: number) {
    this.#options = options
    this.#handler = handler
    this.#timers = new ConnectionTimers(options, now)
    this.#names = new NameRun(options, handler, this.#inFlight)
  }

  get state(): ServerState {
    return this.#state
  }

  get closing(): Closing {
    return this.#closing
  }

  get wantsRead(): boolean {
    return this.#discards || (!this.#stopped && !this.#output.full)
  }

  get deadline(): number {
    return this.#state === 'CLOSED' ? Infinity : this.#timers.deadline(this.#takesRequests)
  }

  receive(chunk: Uint8Array, now: number): void {
    if (this.#discards || this.#state === 'CLOSED') return
    this.#cursor.kept.append(chunk)
    this.#judge(now)
  }

  end(now: number): void {
    this.#finReceived = true
    this.#judge(now)
  }

  reset(): void {
    if (this.#actionFor('reset') !== undefined) this.#close('close')
  }

  reply(id: number, answer: Answer): void {
    if (!this.#inFlight.delete(id) || this.#actionFor('an answer is ready') !== 'write') return
    appendAnswer(this.#output, id, answer, this.#names.maxGreeting)
  }

  proceed(now: number): void {
    this.#judge(now)
  }

  takeOutput(): Uint8Array | undefined {
    return this.#output.take()
  }

  outputAccepted(count: number, now: number): void {
    this.#output.accepted(count)
    this.#timers.setStalled(this.#output.waiting > 0, count > 0, now)
    if (count > 0) this.#timers.active(now)
    this.#judge(now)
  }

  drain(reason: GoodbyeReason, now: number, deadline: number): void {
    this.#timers.drainBy(deadline)
    if (this.#actionFor('shutdown') === 'goodbye') this.#sayGoodbye(reason)
    this.#judge(now)
  }

  fail(code: 'SERVER_FULL' | 'INTERNAL', now: number, detail = 0): void {
    const errorIsWritten = this.#state === 'FAILING' && !this.#fatal
    if (errorIsWritten || this.#state === 'LINGERING' || this.#state === 'CLOSED') return
    this.#abandon()
    this.#violate(code, detail)
    this.#judge(now)
  }

  tick(now: number): void {
    if (this.#state === 'CLOSED') return
    const timer = this.#timers.due(now, this.#takesRequests)
    if (timer === undefined) return
    if (timer === 'stall' || timer === 'drain') return this.#close('reset')
    if (timer === 'linger') return this.#close('close')
    if (timer === 'frame') this.#violate('TIMEOUT', 0)
    else {
      this.#timers.drainBy(this.#timers.drainDeadline(now))
      this.#sayGoodbye(timer === 'idle' ? 'IDLE' : 'MAX_AGE')
    }
    this.#judge(now)
  }

  get #takesRequests(): boolean {
    return this.#state === 'FRESH' || this.#state === 'OPEN'
  }

  get #discards(): boolean {
    return this.#state === 'FAILING' || this.#state === 'LINGERING'
  }

  #actionFor(input: ServerInput): ServerAction | undefined {
    return this.#state === 'CLOSED' ? undefined : SERVER_TRANSITIONS[input][this.#state]
  }

  /** Judges frames until one is unfinished, finds no place, or the output is full; then the FIN behind them; then the end. */
  #judge(now: number): void {
    if (this.#state === 'CLOSED') return
    this.#stopped = false
    let completed = false
    while (!this.#discards && !this.#output.full) {
      if (this.#state === 'OPEN' && this.#takeNames()) completed = true
      const view = this.#cursor.look(this.#maxPayload)
      if (view === 'nothing' || view === 'begun') break
      let input: ServerInput = 'length over the limit'
      if (view !== 'too-large') input = inputOfHeader(this.#cursor, this.#last, this.#inFlight)
      const action = this.#actionFor(input)
      if (isViolation(action)) {
        this.#violate(action)
        break
      }
      if (action === 'take' && this.#inFlight.size >= this.#options.maxInFlight) {
        this.#stopped = true
        break
      }
      if (view !== 'whole') break
      this.#carryOut(action)
      if (!this.#discards) this.#cursor.advance()
      completed = true
    }
    this.#judgeFin()
    this.#settle(now)
    this.#updateTimers(completed, now)
  }

  /** Takes the NAMEs at the front that are taken whatever else goes on; returns whether there were any. */
  #takeNames(): boolean {
    const before = this.#last
    this.#last = this.#names.take(this.#cursor, this.#output, before)
    return this.#last !== before
  }

  #carryOut(action: ServerAction | undefined): void {
    const { id } = this.#cursor
    if (action === 'take') this.#take(id)
    else if (action === 'pong') appendPong(this.#output, id)
    else if (action === 'cancel') this.#cancel(id)
    else if (action === 'welcome') this.#welcome()
    else if (action === 'discard') this.#last = Math.max(this.#last, this.#cursor.type === Name.type ? id : 0)
  }

  #take(id: number): void {
    this.#state = 'OPEN'
    this.#last = id
    const answer = this.#answerAtOnce(id)
    if (answer === undefined) this.#inFlight.add(id)
    else appendAnswer(this.#output, id, answer, this.#names.maxGreeting)
  }

  #answerAtOnce(id: number): Answer | undefined {
    const { length, kept, payloadStart, payloadEnd } = this.#cursor
    const { maxName } = this.#options
    if (length > maxName) return { code: 'NAME_TOO_LONG', detail: maxName }
    const name = nameText.decode(kept.bytes, payloadStart, payloadEnd)
    return name ? this.#handler.greet(id, name) : { code: 'INVALID_NAME' }
  }

  #cancel(id: number): void {
    const answer = this.#handler.cancel(id)
    if (answer !== undefined) this.reply(id, answer)
  }

  #welcome(): void {
    const { input, maxPayload } = judgeHello(this.#cursor)
    const action = this.#actionFor(input)
    if (isViolation(action)) return this.#violate(action)
    this.#state = 'OPEN'
    this.#names.maxGreeting = maxPayload
    this.#names.maxPayload = this.#options.maxPayload
    this.#maxPayload = this.#options.maxPayload
    appendWelcome(this.#output, this.#options, this.#options.agent)
  }

  #violate(code: FatalErrorName, detail = this.#detailOf(code)): void {
    this.#state = 'FAILING'
    this.#fatal = { code, detail }
    this.#cursor.kept.clear()
  }

  #detailOf(code: FatalErrorName): number {
    if (code === 'PAYLOAD_TOO_LARGE') return this.#maxPayload
    return code === 'UNSUPPORTED_VERSION' ? VERSIONS.lowest * 0x1_0000 + VERSIONS.highest : 0
  }

  #sayGoodbye(reason: GoodbyeReason): void {
    appendGoodbye(this.#output, this.#last, reason)
    this.#state = 'DRAINING'
  }

  /** The peer's FIN takes effect when every byte before it has been judged. */
  #judgeFin(): void {
    if (!this.#finReceived || this.#stopped || (this.#output.full && !this.#discards)) return
    const action = this.#actionFor(this.#cursor.kept.length === 0 ? 'FIN at a boundary' : 'FIN inside a frame')
    if (isViolation(action)) this.#violate(action)
    else if (action === 'end') this.#state = 'ENDED'
    else if (action === 'close') this.#close('close')
  }

  /** Writes the error that is due, and closes our side, once nothing is in flight and the kernel has the output. */
  #settle(now: number): void {
    if (this.#inFlight.size > 0) return
    if (this.#fatal) appendError(this.#output, 0, this.#fatal.code, this.#fatal.detail)
    this.#fatal = undefined
    if (this.#output.waiting > 0) return
    const action = this.#actionFor('nothing in flight, output written')
    if (action === 'close' || (action === 'fail' && this.#finReceived)) return this.#close('close')
    if (action === undefined) return
    this.#state = 'LINGERING'
    this.#closing = 'half-close'
    this.#timers.linger(now)
  }

  #updateTimers(completed: boolean, now: number): void {
    const { kept } = this.#cursor
    kept.release()
    const begun = kept.length > 0
    if (completed) this.#timers.active(now)
    this.#timers.setFrameBegun(begun && this.wantsRead, completed, now)
    this.#timers.setIdle(this.#inFlight.size === 0 && !begun && this.#output.waiting === 0)
  }

  #abandon(): void {
    if (this.#inFlight.size === 0) return
    this.#inFlight.clear()
    this.#handler.abandon()
  }

  #close(how: 'close' | 'reset'): void {
    this.#abandon()
    this.#state = 'CLOSED'
    this.#closing = how
    this.#cursor.kept.clear()
    this.#output.clear()
  }
}

function isViolation(action: ServerAction | undefined): action is FatalErrorName & ServerAction {
  return action !== undefined && action in ERROR_CODES
}
