/**
 * One connection of the plain text protocol as the server sees it (SPEC "Plain text protocol"): a line is a name, a line answers it.
 *
 * Lines are numbered and answered in their order, so an answer that is ready early is held for its turn. It knows no socket, clock
 * or thread.
 */

import { OutputBuffer } from '../bytes/output-buffer.ts'
import { encodeText, hasControlCharacter, maxEncodedBytes } from '../bytes/utf8.ts'
import { ERROR_CODES, type ErrorName, type GoodbyeReason } from '../error-codes.ts'
import { DEFAULT_MAX_PAYLOAD } from '../limits.ts'
import { Name } from '../messages/name.ts'
import { ConnectionTimers } from './connection-timers.ts'
import type { Answer, Closing, Connection, RequestHandler } from './connection.ts'
import type { ServerConnectionOptions } from './server-connection.ts'
import { type Line, TextLines } from './text-lines.ts'

/** The states of SERVER_TRANSITIONS, as far as a protocol without frames has them. */
type TextState = 'OPEN' | 'DRAINING' | 'FAILING' | 'LINGERING' | 'ENDED' | 'CLOSED'

/** How an HTTP request line begins, and how many of its bytes decide that. */
const HTTP_REQUEST = /^(?:[A-Z]{3,7} [/*]|CONNECT )/
const HTTP_START_BYTES = 9

/** How a TLS record begins. */
const TLS_HANDSHAKE = 0x16

/** The server's side of the plain text protocol. */
export class TextConnection implements Connection {
  readonly #options: ServerConnectionOptions
  readonly #handler: RequestHandler
  readonly #timers: ConnectionTimers
  readonly #lines: TextLines
  readonly #output = new OutputBuffer()
  /** Answers that are ready before their turn. */
  readonly #held = new Map<number, Answer>()
  #state: TextState = 'OPEN'
  #closing: Closing = 'no'
  #linesTaken = 0
  #linesAnswered = 0
  #sawFirstLine = false
  #stopped = false
  #finReceived = false
  /** The error that is due once every line taken is answered. */
  #fatal: { code: ErrorName; message: string } | undefined

  constructor(options: ServerConnectionOptions, handler: RequestHandler, now: number) {
    this.#options = options
    this.#handler = handler
    this.#timers = new ConnectionTimers(options, now)
    this.#lines = new TextLines(options.maxName)
  }

  get closing(): Closing {
    return this.#closing
  }

  get wantsRead(): boolean {
    return this.#discards || (!this.#stopped && !this.#output.full)
  }

  get deadline(): number {
    return this.#state === 'CLOSED' ? Infinity : this.#timers.deadline(this.#state === 'OPEN')
  }

  receive(chunk: Uint8Array, now: number): void {
    if (this.#discards || this.#state === 'CLOSED') return
    this.#lines.kept.append(chunk)
    this.#judge(now)
  }

  end(now: number): void {
    this.#finReceived = true
    this.#judge(now)
  }

  reset(): void {
    if (this.#state !== 'CLOSED') this.#close('close')
  }

  reply(id: number, answer: Answer): void {
    if (this.#state === 'CLOSED' || id <= this.#linesAnswered) return
    this.#held.set(id, answer)
    for (let next = this.#held.get(this.#linesAnswered + 1); next !== undefined;) {
      this.#linesAnswered++
      this.#held.delete(this.#linesAnswered)
      this.#appendAnswer(next)
      next = this.#held.get(this.#linesAnswered + 1)
    }
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

  drain(_reason: GoodbyeReason, now: number, deadline: number): void {
    this.#timers.drainBy(deadline)
    this.#stopTaking()
    this.#judge(now)
  }

  fail(code: 'SERVER_FULL' | 'INTERNAL', now: number): void {
    const errorIsWritten = this.#state === 'FAILING' && !this.#fatal
    if (errorIsWritten || this.#state === 'LINGERING' || this.#state === 'CLOSED') return
    this.#abandon()
    this.#violate(code)
    this.#judge(now)
  }

  tick(now: number): void {
    if (this.#state === 'CLOSED') return
    const timer = this.#timers.due(now, this.#state === 'OPEN')
    if (timer === undefined) return
    if (timer === 'stall' || timer === 'drain') return this.#close('reset')
    if (timer === 'linger') return this.#close('close')
    if (timer === 'frame') this.#violate('TIMEOUT')
    else {
      this.#timers.drainBy(this.#timers.drainDeadline(now))
      this.#stopTaking()
    }
    this.#judge(now)
  }

  get #discards(): boolean {
    return this.#state === 'DRAINING' || this.#state === 'FAILING' || this.#state === 'LINGERING'
  }

  get #inFlight(): number {
    return this.#linesTaken - this.#linesAnswered
  }

  #judge(now: number): void {
    if (this.#state === 'CLOSED') return
    this.#stopped = false
    let completed = false
    while (this.#state === 'OPEN' && !this.#output.full) {
      if (!this.#sawFirstLine && this.#startsAnotherProtocol()) {
        this.#violate('PROTOCOL_VIOLATION', 'not an HTTP or TLS port')
        break
      }
      if (this.#inFlight >= this.#options.maxInFlight) {
        this.#stopped = true
        break
      }
      const line = this.#lines.next()
      if (!line) break
      this.#take(line)
      completed = true
    }
    this.#judgeFin()
    this.#settle(now)
    this.#updateTimers(completed, now)
  }

  #startsAnotherProtocol(): boolean {
    const { front } = this.#lines
    return front[0] === TLS_HANDSHAKE || HTTP_REQUEST.test(String.fromCharCode(...front.subarray(0, HTTP_START_BYTES)))
  }

  #take(line: Line): void {
    if (line.bytes.length === 0 && !line.tooLong) return
    this.#sawFirstLine = true
    const id = ++this.#linesTaken
    const answer = this.#answerAtOnce(id, line)
    if (answer !== undefined) this.reply(id, answer)
  }

  #answerAtOnce(id: number, { bytes, tooLong }: Line): Answer | undefined {
    if (tooLong) return { code: 'NAME_TOO_LONG', detail: this.#options.maxName }
    const name = Name.codec.text?.decode(bytes, 0, bytes.length)
    return name ? this.#handler.greet(id, name) : { code: 'INVALID_NAME' }
  }

  #appendAnswer(answer: Answer): void {
    if (typeof answer !== 'string') return this.#appendError(answer.code)
    if (answer.length > DEFAULT_MAX_PAYLOAD) return this.#appendError('GREETING_TOO_LONG')
    if (hasControlCharacter(answer) || answer.startsWith('! ')) return this.#appendError('GREETER_FAILED')
    const begin = this.#output.length
    if (!this.#appendLine(answer)) this.#appendError('GREETER_FAILED')
    else if (this.#output.length - begin - 1 > DEFAULT_MAX_PAYLOAD) {
      this.#output.length = begin
      this.#appendError('GREETING_TOO_LONG')
    }
  }

  #appendError(code: ErrorName, message: string = ERROR_CODES[code].message): void {
    this.#appendLine(`! ${code} ${message}`)
  }

  /** Appends a line, or nothing if UTF-8 cannot carry it. */
  #appendLine(text: string): boolean {
    const begin = this.#output.reserve(maxEncodedBytes(text) + 1)
    const end = encodeText(text, this.#output.bytes, begin)
    if (end < 0) return false
    this.#output.bytes[end] = 0x0a
    this.#output.length = end + 1
    return true
  }

  #violate(code: ErrorName, message: string = ERROR_CODES[code].message): void {
    this.#lines.clear()
    this.#state = 'FAILING'
    this.#fatal = { code, message }
  }

  #stopTaking(): void {
    if (this.#state !== 'OPEN') return
    this.#state = 'DRAINING'
    this.#lines.clear()
  }

  /** The peer's FIN ends the last line, and takes effect when every line before it has been judged. */
  #judgeFin(): void {
    if (!this.#finReceived || this.#stopped || (this.#output.full && this.#state === 'OPEN')) return
    if (this.#state === 'LINGERING') return this.#close('close')
    if (this.#state !== 'OPEN') return
    const line = this.#lines.last()
    if (line) this.#take(line)
    this.#state = 'ENDED'
  }

  #settle(now: number): void {
    if (this.#inFlight > 0) return
    if (this.#fatal) this.#appendError(this.#fatal.code, this.#fatal.message)
    this.#fatal = undefined
    if (this.#output.waiting > 0) return
    if (this.#state === 'ENDED' || (this.#discards && this.#finReceived)) return this.#close('close')
    if (this.#state !== 'DRAINING' && this.#state !== 'FAILING') return
    this.#state = 'LINGERING'
    this.#closing = 'half-close'
    this.#timers.linger(now)
  }

  #updateTimers(completed: boolean, now: number): void {
    const { begun, kept } = this.#lines
    kept.release()
    if (completed) this.#timers.active(now)
    this.#timers.setFrameBegun(begun && this.wantsRead, completed, now)
    this.#timers.setIdle(this.#inFlight === 0 && !begun && this.#output.waiting === 0)
  }

  #abandon(): void {
    if (this.#inFlight > 0) this.#handler.abandon()
    this.#linesAnswered = this.#linesTaken
    this.#held.clear()
  }

  #close(how: 'close' | 'reset'): void {
    this.#abandon()
    this.#state = 'CLOSED'
    this.#closing = how
    this.#lines.clear()
    this.#output.clear()
  }
}
