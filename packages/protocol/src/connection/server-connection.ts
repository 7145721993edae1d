/**
 * One connection as the server sees it: judges the client's frames and writes the server's (SPEC "Life cycle").
 *
 * What to do in which state is looked up in SERVER_TRANSITIONS; client-frame.ts says which input a frame is; this file carries the
 * action out. It knows no socket, clock or thread; requests leave through a RequestHandler and come back through `reply`.
 */

import type { KeptBytes } from '../bytes/kept-bytes.ts'
import { ERROR_CODES, type FatalErrorName, type GoodbyeReason } from '../error-codes.ts'
import { FrameCursor } from '../frames/frame-cursor.ts'
import { DEFAULT_MAX_PAYLOAD, type ServerLimits, VERSIONS } from '../limits.ts'
import { Name, nameText } from '../messages/name.ts'
import { inputOfHeader, judgeHello } from './client-frame.ts'
import type { TimerOptions } from './connection-timers.ts'
import type { Answer, RequestHandler } from './connection.ts'
import { IdsInFlight } from './ids-in-flight.ts'
import { JudgingConnection, type Phase } from './judging-connection.ts'
import { NameRun } from './name-run.ts'
import { appendAnswer, appendError, appendGoodbye, appendPong, appendWelcome } from './server-output.ts'
import { SERVER_TRANSITIONS, type ServerAction, type ServerInput, type ServerState } from './transitions.ts'

/** The limits a connection keeps, its timers, and the agent text of its WELCOME. */
export interface ServerConnectionOptions extends ServerLimits, TimerOptions {
  readonly agent: string
}

/** The server's side of the framed protocol. */
export class ServerConnection extends JudgingConnection {
  readonly #options: ServerConnectionOptions
  readonly #handler: RequestHandler
  readonly #cursor = new FrameCursor()
  readonly #inFlight = new IdsInFlight()
  readonly #names: NameRun
  #state: ServerState = 'FRESH'
  /** The highest id of a NAME seen; in DRAINING that includes discarded ones. */
  #last = 0
  #maxPayload = DEFAULT_MAX_PAYLOAD
  /** The error with id 0 that is due once nothing is in flight. */
  #fatal: { code: FatalErrorName; detail: number } | undefined

  constructor(options: ServerConnectionOptions, handler: RequestHandler, now: number) {
    super(options, now)
    this.#options = options
    this.#handler = handler
    this.#names = new NameRun(options, handler, this.#inFlight)
  }

  get state(): ServerState {
    return this.#state
  }

  reply(id: number, answer: Answer): void {
    if (!this.#inFlight.delete(id) || this.#actionFor('an answer is ready') !== 'write') return
    appendAnswer(this.output, id, answer, this.#names.maxGreeting)
  }

  fail(code: 'SERVER_FULL' | 'INTERNAL', now: number, detail = 0): void {
    const errorIsWritten = this.#state === 'FAILING' && !this.#fatal
    if (errorIsWritten || this.#state === 'LINGERING' || this.#state === 'CLOSED') return
    this.abandon()
    this.#violate(code, detail)
    this.judge(now)
  }

  #enter(state: ServerState): void {
    this.#state = state
    this.phase = PHASES[state]
  }

  protected override get kept(): KeptBytes {
    return this.#cursor.kept
  }

  protected override get begun(): boolean {
    return this.#cursor.kept.length > 0
  }

  protected override get inFlightCount(): number {
    return this.#inFlight.size
  }

  get #discards(): boolean {
    return this.phase === 'discarding'
  }

  #actionFor(input: ServerInput): ServerAction | undefined {
    return this.#state === 'CLOSED' ? undefined : SERVER_TRANSITIONS[input][this.#state]
  }

  /** Judges frames until one is unfinished, finds no place, or the output is full. */
  protected override judgeInput(): boolean {
    let completed = false
    while (!this.#discards && !this.output.full) {
      if (this.#state === 'OPEN' && this.#takeNames()) {
        completed = true
        continue
      }
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
        this.stopped = true
        break
      }
      if (view !== 'whole') break
      this.#carryOut(action)
      if (!this.#discards) this.#cursor.advance()
      completed = true
    }
    return completed
  }

  /** Takes the NAMEs at the front that are taken whatever else goes on; returns whether there were any. */
  #takeNames(): boolean {
    const before = this.#last
    this.#last = this.#names.take(this.#cursor, this.output, before)
    return this.#last !== before
  }

  #carryOut(action: ServerAction | undefined): void {
    const { id } = this.#cursor
    if (action === 'take') this.#take(id)
    else if (action === 'pong') appendPong(this.output, id)
    else if (action === 'cancel') this.#cancel(id)
    else if (action === 'welcome') this.#welcome()
    else if (action === 'discard') this.#last = Math.max(this.#last, this.#cursor.type === Name.type ? id : 0)
  }

  #take(id: number): void {
    this.#enter('OPEN')
    this.#last = id
    const answer = this.#answerAtOnce(id)
    if (answer === undefined) this.#inFlight.add(id)
    else appendAnswer(this.output, id, answer, this.#names.maxGreeting)
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
    this.#enter('OPEN')
    this.#names.maxGreeting = maxPayload
    this.#names.maxPayload = this.#options.maxPayload
    this.#maxPayload = this.#options.maxPayload
    appendWelcome(this.output, this.#options, this.#options.agent)
  }

  #violate(code: FatalErrorName, detail = this.#detailOf(code)): void {
    this.#enter('FAILING')
    this.#fatal = { code, detail }
    this.#cursor.kept.clear()
  }

  #detailOf(code: FatalErrorName): number {
    if (code === 'PAYLOAD_TOO_LARGE') return this.#maxPayload
    return code === 'UNSUPPORTED_VERSION' ? VERSIONS.lowest * 0x1_0000 + VERSIONS.highest : 0
  }

  protected override letGo(reason: GoodbyeReason): void {
    if (this.#actionFor('shutdown') !== 'goodbye') return
    appendGoodbye(this.output, this.#last, reason)
    this.#enter('DRAINING')
  }

  protected override timeOut(): void {
    this.#violate('TIMEOUT')
  }

  protected override judgeFin(): void {
    const action = this.#actionFor(this.begun ? 'FIN inside a frame' : 'FIN at a boundary')
    if (isViolation(action)) this.#violate(action)
    else if (action === 'end') this.#enter('ENDED')
    else if (action === 'close') this.close('close')
  }

  protected override writeDueError(): void {
    if (this.#fatal) appendError(this.output, 0, this.#fatal.code, this.#fatal.detail)
    this.#fatal = undefined
  }

  protected override whenDone(): 'close' | 'half-close' | undefined {
    const action = this.#actionFor('nothing in flight, output written')
    if (action === 'fail') return this.finReceived ? 'close' : 'half-close'
    return action === 'close' || action === 'half-close' ? action : undefined
  }

  protected override leave(state: 'LINGERING' | 'CLOSED'): void {
    this.#enter(state)
    this.#cursor.kept.clear()
  }

  protected override abandon(): void {
    if (this.#inFlight.size === 0) return
    this.#inFlight.clear()
    this.#handler.abandon()
  }
}

/** What each state comes to for the rounds and the timers. */
const PHASES: { readonly [State in ServerState]: Phase } = {
  FRESH: 'taking',
  OPEN: 'taking',
  DRAINING: 'answering',
  ENDED: 'answering',
  FAILING: 'discarding',
  LINGERING: 'discarding',
  CLOSED: 'closed',
}

function isViolation(action: ServerAction | undefined): action is FatalErrorName & ServerAction {
  return action !== undefined && action in ERROR_CODES
}
