/** The plain text port of the reference server: a line in, a line out, in order. */
import type { Socket } from 'node:net'
import type { CodeName } from '../../src/wire/frame.ts'
import type { Has } from './bugs.ts'
import type { Greeted } from './greeter.ts'
import { readName } from './name-text.ts'
import { printable } from './requests.ts'
import type { ReferenceOptions } from './server.ts'
import type { Threads } from './threads.ts'

export class TextConnection {
  readonly #socket: Socket
  readonly #options: ReferenceOptions
  readonly #has: Has
  readonly #threads: Threads
  readonly #answers: (string | undefined)[] = []
  #kept: Buffer = Buffer.alloc(0)
  #written = 0
  /** FIN came, or a fatal error, or a drain: no later line is judged. */
  #ended = false
  #finSeen = false
  #first = true
  #timer: NodeJS.Timeout | undefined
  readonly #hoard: Buffer[] = []

  constructor(socket: Socket, options: ReferenceOptions, has: Has, threads: Threads) {
    this.#socket = socket
    this.#options = options
    this.#has = has
    this.#threads = threads
    socket.on('data', (chunk: Buffer) => this.#receive(chunk))
    socket.on('end', () => {
      this.#finSeen = true
      this.#settle()
    })
    socket.on('error', () => undefined)
    socket.on('close', () => clearTimeout(this.#timer))
    this.#arm()
  }

  /** Discards later lines, answers those taken, and ends. */
  drain(): void {
    this.#ended = !this.#has('text-answers-draining')
    this.#settle()
  }

  #receive(chunk: Buffer): void {
    if (this.#has('text-hoards')) this.#hoard.push(chunk)
    if (this.#ended) return
    const begun = this.#kept.length > 0
    if (this.#has('text-crlf-split') && chunk[0] === 0x0a && this.#kept.at(-1) === 0x0d)
      this.#kept = Buffer.concat([this.#kept, Buffer.from('?')])
    this.#kept = Buffer.concat([this.#kept, chunk])
    this.#settle()
    if (this.#has('text-judges-early') && this.#kept.length > this.#options.maxName + 1) {
      this.#kept = Buffer.alloc(0)
      this.#answers.push(this.#error('NAME_TOO_LONG'))
      this.#settle()
    }
    if (!begun || this.#kept.length === 0) this.#arm()
    this.#shorten()
  }

  #settle(): void {
    let before: number
    do {
      before = this.#written
      if (!this.#ended) this.#judgeLines()
      this.#write()
    } while (this.#written > before && !this.#ended)
  }

  #write(): void {
    if (this.#has('text-answers-out-of-order') && this.#answers.every((answer) => answer !== undefined)) {
      this.#answers.splice(this.#written, Infinity, ...this.#answers.slice(this.#written).toReversed())
    }
    while (this.#answers[this.#written] !== undefined && this.#socket.writable)
      this.#socket.write(`${this.#answers[this.#written++]}${this.#has('text-replies-crlf') ? '\r\n' : '\n'}`)
    if (this.#ended && this.#written === this.#answers.length && this.#socket.writable) this.#socket.end()
  }

  #judgeLines(): void {
    while (
      this.#answers.length - this.#written < this.#options.maxInFlight ||
      (this.#has('text-ignores-limit') && this.#kept.length > 0)
    ) {
      if (this.#isForeign()) {
        this.#first = false
        this.#fail('PROTOCOL_VIOLATION not an HTTP or TLS port')
        if (!this.#has('text-judges-on')) return
        this.#ended = false
      }
      const found = this.#kept.findIndex((byte) => byte === 0x0a || (byte === 0 && !this.#has('text-no-nul')))
      if (found < 0 && !this.#finSeen) return
      const end = found < 0 ? this.#kept.length : found
      if (found < 0 && this.#has('text-fin-drops')) this.#kept = this.#kept.subarray(end)
      const line = this.#kept.subarray(0, this.#kept[end - 1] === 0x0d && end > 0 ? end - 1 : end)
      this.#kept = this.#kept.subarray(end + 1)
      if (line.length > 0 || (this.#has('text-empty-line') && found >= 0)) this.#take(line)
      if (found >= 0) continue
      this.#ended = true
      return
    }
  }

  #take(line: Buffer): void {
    this.#first = false
    const index = this.#answers.push(undefined) - 1
    const maxName =
      this.#options.maxName + (this.#has('text-no-max-name') ? 2 ** 20 : this.#has('text-counts-cr') ? -1 : 0)
    const verdict = readName(line, maxName, this.#has, new TextDecoder())
    if ('code' in verdict) {
      this.#answers[index] = this.#error(verdict.code, line)
      return
    }
    let synchronous = true
    const name = this.#has('text-trim') ? verdict.name.trim() : verdict.name
    const job = this.#threads.submit(name, (greeted: Greeted) => {
      this.#answers[index] = this.#reply(greeted)
      if (!synchronous) this.#settle()
      this.#arm()
    })
    if (job === undefined) this.#answers[index] = this.#error('OVERLOADED')
    synchronous = false
  }

  #reply(greeted: Greeted): string {
    if (greeted === 'lost') return this.#error('THREAD_LOST')
    if (greeted === 'failed' || /^! |\p{Cc}/u.test(greeted.text)) return this.#error('GREETER_FAILED')
    return Buffer.byteLength(greeted.text) > 4096 ? this.#error('GREETING_TOO_LONG') : greeted.text
  }

  #error(code: CodeName, line: Buffer = Buffer.alloc(0)): string {
    if (this.#has('text-error-bare')) return `! ${code}`
    return `! ${code} this line gets no greeting${this.#has('text-reflects') ? `: ${printable(line)}` : ''}`
  }

  #fail(message: string): void {
    if (this.#has('text-timeout-first')) this.#answers.splice(this.#written, 0, `! ${message}`)
    else this.#answers.push(`! ${message}`)
    this.#ended = true
  }

  #isForeign(): boolean {
    if ((!this.#first && !this.#has('text-guard-always')) || this.#has('text-http-ok')) return false
    return (
      this.#kept[0] === 0x16 ||
      /^(?:[A-Z]{3,7} [/*]|CONNECT )/.test(this.#kept.toString('latin1').replace(/^[\r\n\0]+/, ''))
    )
  }

  /** Holds of an endless line no more than shows that it is too long. */
  #shorten(): void {
    const most = this.#options.maxName + 2
    if (this.#kept.length > most && !this.#kept.includes(0x0a) && !this.#kept.includes(0)) {
      this.#kept = Buffer.concat([this.#kept.subarray(0, most), this.#kept.subarray(-1)])
    }
  }

  /** One timer: for the line that is begun, or for silence. */
  #arm(): void {
    clearTimeout(this.#timer)
    if (this.#ended || this.#socket.destroyed || this.#has('text-no-timers')) return
    const begun = this.#kept.length > 0
    const ms = begun ? this.#options.frameTimeoutMs : this.#options.idleTimeoutMs
    if (ms === 0 || ms > 2 ** 31 - 1 || (this.#answers.length > this.#written && !begun)) return
    this.#timer = setTimeout(() => {
      if (begun && !this.#has('text-timeout-silent')) this.#fail('TIMEOUT the line was not ended in time')
      if (!begun && this.#has('text-says-goodbye')) this.#answers.push('! IDLE goodbye')
      this.drain()
    }, ms)
    this.#timer.unref()
  }
}
