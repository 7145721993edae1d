/**
 * One connection of the plain text protocol as the server sees it (SPEC "Plain text protocol"): a line is a name, a line answers it.
 *
 * Lines are numbered and answered in their order, so an answer that is ready early is held for its turn. It knows no socket, clock
 * or thread.
 */

import type { KeptBytes } from '../bytes/kept-bytes.ts'
import { encodeText, hasControlCharacter, maxEncodedBytes } from '../bytes/utf8.ts'
import { ERROR_CODES, type ErrorName } from '../error-codes.ts'
import { DEFAULT_MAX_PAYLOAD } from '../limits.ts'
import { nameText } from '../messages/name.ts'
import type { Answer, RequestHandler } from './connection.ts'
import { JudgingConnection, type Phase } from './judging-connection.ts'
import type { ServerConnectionOptions } from './server-connection.ts'
import { type Line, LINE_START_BYTES, TextLines } from './text-lines.ts'

/** The states of SERVER_TRANSITIONS, as far as a protocol without frames has them. */
type TextState = 'OPEN' | 'DRAINING' | 'FAILING' | 'LINGERING' | 'ENDED' | 'CLOSED'

/** How an HTTP request line begins; LINE_START_BYTES decide that. */
const HTTP_REQUEST = /^(?:[A-Z]{3,7} [/*]|CONNECT )/

/** How a TLS record begins. */
const TLS_HANDSHAKE = 0x16

/** The server's side of the plain text protocol. */
export class TextConnection extends JudgingConnection {
  readonly #options: ServerConnectionOptions
  readonly #handler: RequestHandler
  readonly #lines: TextLines
  /** Answers that are ready before their turn. */
  readonly #held = new Map<number, Answer>()
  #state: TextState = 'OPEN'
  #linesTaken = 0
  #linesAnswered = 0
  #sawFirstLine = false
  /** The error that is due once every line taken is answered. */
  #fatal: { code: ErrorName; message: string } | undefined

  constructor(options: ServerConnectionOptions, handler: RequestHandler, now: number) {
    super(options, now)
    this.#options = options
    this.#handler = handler
    this.#lines = new TextLines(options.maxName)
  }

  reply(id: number, answer: Answer): void {
    const isDue = id > this.#linesAnswered && id <= this.#linesTaken && !this.#held.has(id)
    if (this.#state === 'CLOSED' || !isDue) return
    // What is held for its turn must not be larger than what may be sent.
    this.#held.set(id, isTooLong(answer) ? GREETING_TOO_LONG : answer)
    let next: Answer | undefined
    while ((next = this.#held.get(this.#linesAnswered + 1)) !== undefined) {
      this.#linesAnswered++
      this.#held.delete(this.#linesAnswered)
      this.#appendAnswer(next)
    }
  }

  fail(code: 'SERVER_FULL' | 'INTERNAL', now: number): void {
    const errorIsWritten = this.#state === 'FAILING' && !this.#fatal
    if (errorIsWritten || this.#state === 'LINGERING' || this.#state === 'CLOSED') return
    this.abandon()
    this.#violate(code)
    this.judge(now)
  }

  #enter(state: TextState): void {
    this.#state = state
    this.phase = PHASES[state]
  }

  protected override get kept(): KeptBytes {
    return this.#lines.kept
  }

  protected override get begun(): boolean {
    return this.#lines.begun
  }

  protected override get inFlightCount(): number {
    return this.#linesTaken - this.#linesAnswered
  }

  protected override judgeInput(): boolean {
    let completed = false
    while (this.#state === 'OPEN' && !this.output.full) {
      if (!this.#sawFirstLine && this.#startsAnotherProtocol()) {
        this.#violate('PROTOCOL_VIOLATION', 'not an HTTP or TLS port')
        break
      }
      if (this.inFlightCount >= this.#options.maxInFlight) {
        this.stopped = true
        break
      }
      const line = this.#lines.next()
      if (!line) break
      this.#take(line)
      completed = true
    }
    return completed
  }

  #startsAnotherProtocol(): boolean {
    const { front } = this.#lines
    return front[0] === TLS_HANDSHAKE || HTTP_REQUEST.test(String.fromCharCode(...front.subarray(0, LINE_START_BYTES)))
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
    const name = nameText.decode(bytes, 0, bytes.length)
    return name ? this.#handler.greet(id, name) : { code: 'INVALID_NAME' }
  }

  #appendAnswer(answer: Answer): void {
    if (typeof answer !== 'string') return this.#appendError(answer.code)
    if (hasControlCharacter(answer) || answer.startsWith('! ')) return this.#appendError('GREETER_FAILED')
    const begin = this.output.length
    if (!this.#appendLine(answer)) this.#appendError('GREETER_FAILED')
    else if (this.output.length - begin - 1 > DEFAULT_MAX_PAYLOAD) {
      this.output.length = begin
      this.#appendError('GREETING_TOO_LONG')
    }
  }

  #appendError(code: ErrorName, message: string = ERROR_CODES[code].message): void {
    this.#appendLine(`! ${code} ${message}`)
  }

  /** Appends a line, or nothing if UTF-8 cannot carry it. */
  #appendLine(text: string): boolean {
    const begin = this.output.reserve(maxEncodedBytes(text) + 1)
    const end = encodeText(text, this.output.bytes, begin)
    if (end < 0) return false
    this.output.bytes[end] = 0x0a
    this.output.length = end + 1
    return true
  }

  #violate(code: ErrorName, message: string = ERROR_CODES[code].message): void {
    this.#lines.clear()
    this.#enter('FAILING')
    this.#fatal = { code, message }
  }

  /** There is no word for GOODBYE on this port: the client sees the FIN behind its answers. */
  protected override letGo(): void {
    this.#enter('DRAINING')
    this.#lines.clear()
  }

  protected override timeOut(): void {
    this.#violate('TIMEOUT')
  }

  /** The peer's FIN ends the last line. */
  protected override judgeFin(): void {
    if (this.#state === 'LINGERING') return this.close('close')
    if (this.#state !== 'OPEN') return
    const line = this.#lines.last()
    if (line) this.#take(line)
    this.#enter('ENDED')
  }

  protected override writeDueError(): void {
    if (this.#fatal) this.#appendError(this.#fatal.code, this.#fatal.message)
    this.#fatal = undefined
  }

  protected override whenDone(): 'close' | 'half-close' | undefined {
    if (this.#state === 'ENDED') return 'close'
    if (this.#state !== 'DRAINING' && this.#state !== 'FAILING') return undefined
    return this.finReceived ? 'close' : 'half-close'
  }

  protected override leave(state: 'LINGERING' | 'CLOSED'): void {
    this.#enter(state)
    this.#lines.clear()
  }

  protected override abandon(): void {
    if (this.inFlightCount > 0) this.#handler.abandon()
    this.#linesAnswered = this.#linesTaken
    this.#held.clear()
  }
}

/** What each state comes to for the rounds and the timers. */
const PHASES: { readonly [State in TextState]: Phase } = {
  OPEN: 'taking',
  ENDED: 'answering',
  DRAINING: 'discarding',
  FAILING: 'discarding',
  LINGERING: 'discarding',
  CLOSED: 'closed',
}

/** Whether an answer is over the limit by its characters, of which none is less than a byte. */
function isTooLong(answer: Answer): boolean {
  return typeof answer === 'string' && answer.length > DEFAULT_MAX_PAYLOAD
}

const GREETING_TOO_LONG: Answer = { code: 'GREETING_TOO_LONG' }
