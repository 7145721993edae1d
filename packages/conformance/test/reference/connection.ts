/**
 * One connection of the reference server: the state machine of the protocol, written as plainly as the specification
 * reads, on one socket. Slow and simple on purpose; its faults are named in bugs.ts.
 */
import type { Socket } from 'node:net'
import * as wire from '../../src/wire/frame.ts'
import type { CodeName, Frame } from '../../src/wire/frame.ts'
import type { Has } from './bugs.ts'
import type { Greeted, Greeter } from './greeter.ts'
import { judgeHello } from './hello.ts'
import { codeNumber, judgeNext } from './judge.ts'
import { readName } from './name-text.ts'
import { Timers } from './timers.ts'
import { Writer } from './writer.ts'
import type { ReferenceOptions } from './server.ts'

const OUTPUT_MARK = 65_536

export class ReferenceConnection {
  state: 'FRESH' | 'OPEN' | 'DRAINING' | 'FAILING' | 'LINGERING' | 'ENDED' | 'CLOSED' = 'FRESH'
  readonly #socket: Socket
  readonly #options: ReferenceOptions
  readonly #has: Has
  readonly #greeter: Greeter
  readonly #writer: Writer
  readonly #timers: Timers
  readonly #decoder = new TextDecoder()
  readonly #inFlight = new Map<number, { cancelled: boolean }>()
  #kept: Buffer = Buffer.alloc(0)
  #stopped = false
  #finSeen = false
  #helloTaken = false
  #last = 0
  #clientMax: number = wire.DEFAULT_MAX_PAYLOAD
  #failure: { code: CodeName; detail: number } | undefined
  #held: Buffer[] = []

  constructor(socket: Socket, options: ReferenceOptions, has: Has, greeter: Greeter) {
    this.#socket = socket
    this.#options = options
    this.#has = has
    this.#greeter = greeter
    this.#writer = new Writer(socket, has, () => this.#settle())
    this.#timers = new Timers(options, has, {
      idle: () => this.drain(wire.Reason.IDLE),
      age: () => this.drain(wire.Reason.MAX_AGE),
      frame: () => this.#violate('TIMEOUT', 0),
      stall: () => this.#socket.resetAndDestroy(),
      linger: () => this.#socket.destroy(),
    })
    if (has('server-speaks-first')) this.#welcome()
    if (has('grease-early')) this.#writer.push(wire.grease(0))
    socket.on('data', (chunk: Buffer) => this.#receive(chunk))
    socket.on('end', () => this.#finArrived())
    socket.on('drain', () => this.#settle())
    socket.on('error', () => {
      if (has('die-on-reset')) process.exit(1)
    })
    socket.on('close', () => {
      this.state = 'CLOSED'
      this.#inFlight.clear()
      this.#timers.stop()
    })
    this.#settle()
  }

  /** Announces the end: GOODBYE, answers, FIN, linger. */
  drain(reason: number): void {
    if ((this.state !== 'FRESH' && this.state !== 'OPEN') || this.#finSeen) return
    this.state = 'DRAINING'
    if (this.#has('drain-drops-inflight')) this.#inFlight.clear()
    const id = this.#has('goodbye-wrong-id') ? this.#last + 1 : this.#last
    if (!this.#has('no-goodbye')) this.#push(wire.goodbye(id, reason))
    this.#settle()
  }

  /** Refuses the connection because the server is full. */
  refuse(): void {
    this.state = 'FAILING'
    this.#failure = { code: 'SERVER_FULL', detail: 1_000 }
    this.#settle()
  }

  reset(): void {
    this.#socket.resetAndDestroy()
  }

  #receive(chunk: Buffer): void {
    if (
      this.state === 'LINGERING' ||
      (this.state === 'FAILING' && !this.#has('answer-after-fatal')) ||
      this.state === 'CLOSED'
    )
      return
    if (this.state === 'DRAINING' && this.#has('silent-after-goodbye')) return
    const begun = this.#kept.length > 0
    this.#kept = begun ? Buffer.concat([this.#kept, chunk]) : chunk
    if (!begun || this.#has('timer-reset-per-byte')) this.#timers.frameBegan()
    this.#settle()
    if (this.#has('drop-tail-on-split') && !this.#stopped) this.#kept = Buffer.alloc(0)
  }

  #finArrived(): void {
    // The socket closes by itself once our own FIN is out too.
    if (this.state === 'LINGERING') return
    this.#finSeen = true
    if (this.#has('fin-overtakes-kept-bytes')) this.#kept = Buffer.alloc(0)
    if (this.#has('drop-on-fin')) this.#inFlight.clear()
    if (this.#has('close-on-fin')) return void this.#socket.destroy()
    this.#settle()
  }

  /** Judges what is there, writes what is due, and moves on when nothing is left to do. */
  #settle(): void {
    let held: Buffer[]
    do {
      held = this.#held.splice(0)
      for (const frame of held.toReversed()) this.#writer.push(frame)
      this.#judge()
    } while (this.#held.length > 0 || (held.length > 0 && this.#stopped && this.#inFlight.size === 0))
    const judged = this.#kept.length === 0 || !this.#stopped
    if (this.#finSeen && judged && (this.state === 'FRESH' || this.state === 'OPEN' || this.state === 'DRAINING')) {
      if (this.#kept.length > 0 && !this.#has('fin-inside-frame-ok')) this.#violate('PROTOCOL_VIOLATION', 0)
      else if (!this.#has('ignore-fin')) this.state = 'ENDED'
    }
    if (this.#inFlight.size === 0) this.#finishIfDue()
    const mayRead = !this.#stopped && (this.#writer.waitingBytes < OUTPUT_MARK || this.#has('unbounded-output'))
    if (mayRead || this.state === 'LINGERING' || this.state === 'FAILING') this.#socket.resume()
    else this.#socket.pause()
    this.#timers.arm({
      state: this.state,
      busy: this.#inFlight.size > 0,
      frameBegun: this.#kept.length > 0,
      reading: mayRead,
      waitingBytes: this.#writer.waitingBytes,
      progressAt: this.#writer.progressAt,
      finSeen: this.#finSeen,
    })
  }

  #finishIfDue(): void {
    if (this.state === 'DRAINING' || this.state === 'ENDED') {
      const closed = this.state === 'ENDED' || this.#finSeen
      this.state = closed ? 'CLOSED' : 'LINGERING'
      this.#writer.end()
    } else if (this.state === 'FAILING' && this.#failure !== undefined) {
      const { code, detail } = this.#failure
      const message = this.#has('stack-in-message')
        ? `Error: ${code} at judge (/srv/app/judge.ts:12:3)`
        : this.#has('reflect-input')
          ? `bad input ${printable(this.#kept)}`
          : `this connection ends: ${code}`
      const frame = wire.error(0, codeNumber(code, this.#has), message, this.#has('wrong-detail') ? 0 : detail)
      this.state = 'LINGERING'
      if (!this.#has('close-on-anything-odd')) this.#writer.push(frame)
      if (this.#has('error-twice')) this.#writer.push(frame)
      this.#writer.end()
      if (this.#has('destroy-after-error')) setImmediate(() => setImmediate(() => this.#socket.destroy()))
      if (this.#finSeen) this.state = 'CLOSED'
    }
    if (this.state === 'LINGERING') this.#kept = Buffer.alloc(0)
  }

  #judge(): void {
    this.#stopped = false
    for (let round = 0; this.#kept.length > 0; round += 1) {
      const failing = this.state === 'FAILING' && !this.#has('answer-after-fatal')
      if (failing || this.state === 'LINGERING' || this.state === 'CLOSED') return
      if (this.#writer.waitingBytes >= OUTPUT_MARK && !this.#has('unbounded-output')) return void (this.#stopped = true)
      if (round > 0 && this.#has('one-frame-per-read')) return
      const judgement = judgeNext(this.#kept, this.#view(), this.#has)
      if (judgement.kind === 'more') return
      if (judgement.kind === 'stop') return void (this.#stopped = true)
      if (judgement.kind === 'violation') {
        if (this.#has('fatal-as-request-error') && judgement.code === 'PROTOCOL_VIOLATION' && judgement.id > 0) {
          this.#push(wire.error(judgement.id, wire.Code.PROTOCOL_VIOLATION, 'bad'))
          this.#kept = this.#kept.subarray(wire.HEADER_BYTES + this.#kept.readUIntBE(0, 3))
          continue
        }
        this.#violate(judgement.code, judgement.detail)
        if (!this.#has('answer-after-fatal')) return
        this.#kept = this.#kept.subarray(wire.HEADER_BYTES + (this.#kept.length >= 8 ? this.#kept.readUIntBE(0, 3) : 0))
        continue
      }
      this.#kept = this.#kept.subarray(judgement.size)
      this.#timers.frameCompleted()
      if (judgement.kind === 'frame') this.#take(judgement.frame)
    }
  }

  #view(): Parameters<typeof judgeNext>[1] {
    const fresh =
      this.state === 'FRESH' ||
      (this.#has('hello-twice-ok') && this.#last === 0) ||
      (this.#has('hello-after-name-ok') && !this.#helloTaken)
    const taken = [...this.#inFlight.values()].filter(
      (request) => !(this.#has('cancel-frees-place-early') && request.cancelled),
    ).length
    return {
      draining: this.state === 'DRAINING',
      helloAllowed: fresh,
      last: this.#last,
      limit: this.#helloTaken ? this.#options.maxPayload : wire.DEFAULT_MAX_PAYLOAD,
      full:
        taken + this.#held.length >= this.#options.maxInFlight &&
        !this.#has('ignore-max-in-flight') &&
        !this.#has('overflow-is-error'),
    }
  }

  #take(frame: Frame): void {
    if (frame.type === wire.FrameType.PING) return this.#pong(frame.id)
    if (frame.type === wire.FrameType.CANCEL) return this.#cancel(frame.id)
    if (frame.type === wire.FrameType.NAME) return this.#takeName(frame)
    if (this.state === 'DRAINING') return
    const verdict = judgeHello(frame.payload, this.#has)
    if ('code' in verdict) return this.#violate(verdict.code, verdict.detail)
    this.#clientMax = verdict.maxPayload
    this.#helloTaken = true
    this.state = 'OPEN'
    this.#welcome()
    this.#writer.mayGrease = true
  }

  #takeName(frame: Frame): void {
    if (this.#has('hello-required') && !this.#helloTaken) return this.#violate('PROTOCOL_VIOLATION', 0)
    this.#last = Math.max(frame.id, this.#last)
    if (this.state === 'DRAINING' && !this.#has('execute-after-goodbye')) return
    if (this.state === 'FRESH') this.state = 'OPEN'
    if (this.#has('overflow-is-error') && this.#inFlight.size >= this.#options.maxInFlight)
      return this.#refuse(frame.id, 'OVERLOADED', 10)
    const verdict = readName(frame.payload, this.#options.maxName, this.#has, this.#decoder)
    if ('code' in verdict)
      return this.#refuse(
        frame.id,
        verdict.code,
        verdict.code === 'NAME_TOO_LONG' ? this.#options.maxName : 0,
        frame.payload,
      )
    const request = { cancelled: false }
    this.#inFlight.set(frame.id, request)
    let synchronous = true
    const done = (greeted: Greeted | 'timeout'): void => {
      clearTimeout(timer)
      if (this.#inFlight.get(frame.id) !== request) return
      this.#inFlight.delete(frame.id)
      this.#answer(
        frame.id,
        request.cancelled
          ? 'CANCELLED'
          : greeted === 'failed'
            ? 'GREETER_FAILED'
            : greeted === 'timeout'
              ? 'GREETER_TIMEOUT'
              : greeted.text,
      )
      if (!synchronous) this.#settle()
    }
    const timer = setTimeout(() => done('timeout'), this.#options.greeterTimeoutMs)
    if (this.#has('slow')) setTimeout(() => this.#greeter(verdict.name, done), 5)
    else this.#greeter(verdict.name, done)
    synchronous = false
  }

  #answer(id: number, answer: string): void {
    this.#timers.answered()
    if (answer === 'CANCELLED' || answer === 'GREETER_FAILED' || answer === 'GREETER_TIMEOUT') {
      if (answer === 'CANCELLED' && this.#has('cancel-no-terminal')) return
      return this.#refuse(id, answer, 0)
    }
    if (id % 500 === 0 && this.#has('lost-terminal-1-in-500')) return
    const text = Buffer.from(`${answer}${this.#has('greeting-newline') ? '\n' : ''}`)
    if (text.length > this.#clientMax && !this.#has('ignore-client-limit'))
      return this.#refuse(id, 'GREETING_TOO_LONG', this.#clientMax)
    const frame = wire.greeting(id, text)
    if (this.#has('reverse-answers')) this.#held.push(frame)
    else if (this.#has('swap-two') && id % 50 === 0) this.#push(wire.greeting(id, 'Hello somebody else'))
    else this.#push(frame)
    if (id % 100 === 0 && this.#has('double-terminal')) this.#push(frame)
  }

  #refuse(id: number, code: CodeName, detail: number, input: Buffer = Buffer.alloc(0)): void {
    const message = this.#has('reflect-input') ? `cannot greet ${printable(input)}` : `this request ends: ${code}`
    this.#push(wire.error(id, wire.Code[code], message, this.#has('wrong-detail') ? 0 : detail))
    if (this.#has('request-error-fatal') && code !== 'CANCELLED') this.#violate('PROTOCOL_VIOLATION', 0)
  }

  #pong(id: number): void {
    const frame = wire.pong(this.#has('pong-wrong-id') ? 0 : id)
    if (this.#has('ping-needs-hello') && !this.#helloTaken) return this.#violate('PROTOCOL_VIOLATION', 0)
    if (this.#has('pong-late') && this.#inFlight.size > 0) setTimeout(() => this.#pong(id), 30)
    else if (this.#has('pong-early') || this.#has('pong-reversed')) this.#writer.pushFirst(frame)
    else this.#push(frame)
  }

  #cancel(id: number): void {
    const request = this.#inFlight.get(id)
    if (request) request.cancelled = true
    else if (this.#has('cancel-kills-connection')) this.#violate('PROTOCOL_VIOLATION', 0)
  }

  #violate(code: CodeName, detail: number): void {
    if (this.#failure !== undefined) return
    this.#failure = { code, detail }
    this.state = 'FAILING'
    this.#settle()
  }

  #welcome(): void {
    const { maxName, maxPayload, maxInFlight, idleTimeoutMs } = this.#options
    this.#push(wire.welcome({ maxName, maxPayload, maxInFlight, idleTimeoutMs, agent: 'greetwire-reference' }))
  }

  #push(frame: Buffer): void {
    this.#writer.push(frame)
  }
}

function printable(bytes: Buffer): string {
  return bytes
    .toString('latin1')
    .replaceAll(/[^ -~]/g, '?')
    .slice(0, 200)
}
