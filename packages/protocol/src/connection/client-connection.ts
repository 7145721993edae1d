/**
 * One connection as the client sees it: writes the client's frames and judges the server's (SPEC "Life cycle").
 *
 * What to do in which state is looked up in CLIENT_TRANSITIONS; server-frame.ts says which input a frame is; this file carries the
 * action out. It knows no socket, clock or thread. Outcomes leave through a ClientHandler. The order of calls after each event is:
 * the event, `takeOutput`, `outputAccepted`, then look at `closing`.
 */

import { UsageError } from '../codec/usage-error.ts'
import { ERROR_CODES } from '../error-codes.ts'
import { FrameCursor } from '../frames/frame-cursor.ts'
import { MAX_UINT32, SERVER_LIMIT_DEFAULTS, type ServerLimits } from '../limits.ts'
import { Cancel } from '../messages/cancel.ts'
import { Ping } from '../messages/ping.ts'
import type { ClientHandler, ConnectionEnd, Executed, ServerInfo, ServerViolation } from './client-handler.ts'
import { ClientOutput } from './client-output.ts'
import {
  CLIENT_TRANSITIONS,
  type ClientAction,
  type ClientInput,
  type ClientState,
  type ServerViolationCode,
} from './client-transitions.ts'
import { type ClientConnectionOptions, withClientDefaults } from './client-connection-options.ts'
import type { Closing } from './connection.ts'
import { SentRequests } from './sent-requests.ts'
import { headerText, inputOfServerHeader, readError, readGoodbye, readGreeting, readWelcome } from './server-frame.ts'

/** The client's side of the framed protocol. */
export class ClientConnection {
  readonly #handler: ClientHandler
  readonly #cursor = new FrameCursor()
  readonly #output = new ClientOutput()
  readonly #sent: SentRequests
  readonly #maxPayload: number
  readonly #maxInFlight: number
  #state: ClientState
  #closing: Closing = 'no'
  #server: ServerInfo | undefined
  #finishing = false
  #end: ConnectionEnd | undefined
  #violation: ServerViolation | undefined

  /** Throws UsageError for an agent that a HELLO cannot carry and for numbers out of range. */
  constructor(options: ClientConnectionOptions, handler: ClientHandler) {
    const { hello, agent, maxPayload, maxInFlight, firstId } = withClientDefaults(options)
    this.#handler = handler
    this.#sent = new SentRequests(firstId - 1)
    this.#maxInFlight = maxInFlight
    this.#maxPayload = maxPayload
    this.#state = hello ? 'OPENING' : 'OPEN'
    if (hello) this.#output.hello(maxPayload, agent)
  }

  get state(): ClientState {
    return this.#state
  }

  /** What the socket is to do once all output was taken. */
  get closing(): Closing {
    return this.#closing
  }

  /** Why no further request is answered, once that is so. */
  get end(): ConnectionEnd | undefined {
    return this.#end
  }

  /** How the server broke the protocol, if it did; that may be after `end` was known for another reason. */
  get violation(): ServerViolation | undefined {
    return this.#violation
  }

  /** What the WELCOME told, once it is here. */
  get server(): ServerInfo | undefined {
    return this.#server
  }

  /** The limits in force: the WELCOME's, before it the defaults. */
  get limits(): ServerLimits {
    return this.#server ?? SERVER_LIMIT_DEFAULTS
  }

  /** How many requests have no terminal frame yet, cancelled ones included; behind a half-close, cancelled ones only. */
  get inFlight(): number {
    return this.#sent.inFlight
  }

  /** Whether no further request can ever be sent here: after a GOODBYE, the end, `finish`, or the last id. */
  get exhausted(): boolean {
    const takesRequests = this.#state === 'OPENING' || this.#state === 'OPEN'
    return !takesRequests || this.#finishing || this.#sent.last === MAX_UINT32
  }

  /** How many requests may be sent now; 0 while too much output waits for the kernel. */
  get room(): number {
    if (this.exhausted || this.#output.full) return 0
    const places = Math.min(this.limits.maxInFlight, this.#maxInFlight) - this.inFlight
    return Math.max(0, Math.min(places, MAX_UINT32 - this.#sent.last))
  }

  /**
   * Sends a NAME and returns the id of the request, by default the one after the last.
   *
   * Throws UsageError, and sends nothing, for a name that is empty, holds a control character or a lone surrogate, or is longer
   * than the limit in force, for an id that is not above the last or that no header can carry, and when there is no room.
   */
  greet(name: string, id: number = this.#sent.last + 1): number {
    if (this.room === 0)
      throw new UsageError(`Cannot send NAME: no room, ${this.inFlight} requests are in flight in state ${this.#state}`)
    this.#sent.checkNext(id)
    this.#output.name(id, name, this.limits.maxName)
    this.#sent.sent(id, this.#output.end)
    return id
  }

  /** Gives a request up: sends CANCEL and drops its terminal frame when that comes. False if its outcome is not due. */
  cancel(id: number): boolean {
    if (!this.#sent.cancel(id)) return false
    this.#output.signal(Cancel, id)
    this.#halfCloseIfDone()
    return true
  }

  /**
   * Sends a PING and returns its id, by default one that counts PINGs.
   *
   * Throws UsageError, and sends nothing, for an id that no header can carry, and once the connection has ended.
   */
  ping(id?: number): number {
    if (this.#state === 'FAILED' || this.#closing !== 'no')
      throw new UsageError(`Cannot send PING: the connection is ${this.#state}`)
    const pinged = this.#sent.ping(id)
    this.#output.signal(Ping, pinged)
    return pinged
  }

  /** Sends no further request; `closing` becomes `half-close` with the last answer that is due. */
  finish(): void {
    this.#finishing = true
    this.#halfCloseIfDone()
  }

  /** Judges a received chunk, which the caller must not change afterwards. */
  receive(chunk: Uint8Array): void {
    if (this.#state === 'CLOSED') return
    this.#cursor.kept.append(chunk)
    while (this.#judgeFrame());
    this.#cursor.kept.release()
    this.#halfCloseIfDone()
  }

  /** Notes the server's FIN. */
  finReceived(): void {
    this.#judgeEnd('FIN', 'fin')
  }

  /** Notes that the transport failed. */
  reset(): void {
    this.#judgeEnd('reset', 'reset')
  }

  /** Gives the connection up at once, whatever is in flight. */
  close(): void {
    this.#judgeEnd('reset', 'closed')
  }

  /** Everything to be sent since the last call, in one piece; the connection lets go of it. */
  takeOutput(): Uint8Array | undefined {
    return this.#output.take()
  }

  /** Notes that the kernel took `count` bytes of what `takeOutput` gave. */
  outputAccepted(count: number): void {
    if (!this.#end) this.#output.acceptedMore(count)
  }

  #actionFor(input: ClientInput): ClientAction | undefined {
    return this.#state === 'CLOSED' ? undefined : CLIENT_TRANSITIONS[input][this.#state]
  }

  /** Judges the frame at the front; false when more bytes are needed or none will be judged. */
  #judgeFrame(): boolean {
    const cursor = this.#cursor
    const view = cursor.look(this.#maxPayload)
    if (view === 'nothing' || view === 'begun') return false
    const input = view === 'too-large' ? 'length over the limit' : inputOfServerHeader(cursor, this.#sent)
    const action = this.#actionFor(input)
    if (isViolation(action)) this.#violate(action, input)
    else if (view !== 'whole') return false
    else this.#carryOut(action)
    // What the frame told may have made the caller close the connection.
    if (this.#state === 'CLOSED') return false
    cursor.advance()
    return true
  }

  #carryOut(action: ClientAction | undefined): void {
    if (action === 'greeting') this.#greeting()
    else if (action === 'error') this.#error()
    else if (action === 'pong') this.#pong()
    else if (action === 'welcome') this.#welcome()
    else if (action === 'goodbye') this.#goodbye()
    else if (action === 'fail') this.#fail()
  }

  #greeting(): void {
    const { id } = this.#cursor
    const greeting = readGreeting(this.#cursor)
    if (greeting === undefined) return this.#violate('PROTOCOL_VIOLATION', 'GREETING, ill-formed')
    if (this.#sent.settle(id)) this.#handler.greeting(id, greeting)
  }

  #error(): void {
    const { id } = this.#cursor
    const error = readError(this.#cursor)
    if (error === undefined) return this.#violate('PROTOCOL_VIOLATION', 'ERROR, malformed')
    if (this.#sent.settle(id)) this.#handler.failed(id, error)
  }

  #pong(): void {
    this.#sent.pong()
    this.#handler.pong(this.#cursor.id)
  }

  #welcome(): void {
    const server = readWelcome(this.#cursor)
    if (server === undefined) return this.#violate('PROTOCOL_VIOLATION', 'WELCOME, malformed')
    this.#state = 'OPEN'
    this.#server = server
    this.#handler.welcome(server)
  }

  #goodbye(): void {
    const goodbye = readGoodbye(this.#cursor)
    if (goodbye === undefined) return this.#violate('PROTOCOL_VIOLATION', 'GOODBYE, malformed')
    this.#state = 'DRAINING'
    this.#handler.goodbye(goodbye)
    this.#lose(goodbye.last, 'never', { why: 'goodbye', goodbye })
  }

  /** An ERROR with id 0: the server has judged and executed nothing behind its cause, unless it failed itself. */
  #fail(): void {
    const error = readError(this.#cursor)
    if (error === undefined) return this.#violate('PROTOCOL_VIOLATION', 'ERROR, malformed')
    this.#state = 'FAILED'
    this.#closing = 'half-close'
    this.#stop({ why: 'error', error }, error.code === ERROR_CODES.INTERNAL.code ? 'maybe' : 'never')
  }

  #violate(code: ServerViolationCode, input: ClientInput): void {
    const detail = code === 'PAYLOAD_TOO_LARGE' ? this.#maxPayload : 0
    this.#violation = { code, detail, message: `unexpected ${input} (${headerText(this.#cursor)})` }
    this.#state = 'CLOSED'
    this.#closing = 'reset'
    this.#stop({ why: 'violation', ...this.#violation }, 'maybe')
  }

  #judgeEnd(input: ClientInput, why: 'fin' | 'reset' | 'closed'): void {
    if (this.#actionFor(input) !== 'end') return
    this.#state = 'CLOSED'
    this.#closing = 'close'
    this.#stop({ why }, 'maybe')
  }

  /** Settles everything that is due; the first reason stands. */
  #stop(end: ConnectionEnd, executed: Executed): void {
    this.#end ??= end
    this.#lose(0, executed, this.#end)
    this.#output.clear()
  }

  #lose(above: number, executed: Executed, end: ConnectionEnd): void {
    const { accepted } = this.#output
    for (const [id, frameEnd] of this.#sent.takeAbove(above))
      // A frame that never reached the kernel as a whole cannot have been executed.
      this.#handler.lost(id, frameEnd > accepted ? 'never' : executed, end)
  }

  #halfCloseIfDone(): void {
    if (!(this.#finishing || this.#state === 'DRAINING') || this.#sent.due > 0 || this.#closing !== 'no') return
    // What is cancelled may still be in flight. Our FIN waits for its CANCEL only: without one the server would execute it.
    this.#closing = 'half-close'
  }
}

function isViolation(action: ClientAction | undefined): action is ServerViolationCode {
  return action !== undefined && action in ERROR_CODES
}
