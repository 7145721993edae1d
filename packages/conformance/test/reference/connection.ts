/**
 * One connection of the reference server: the state machine of the protocol, written as plainly as the specification
 * reads, on one socket. Slow and simple on purpose; its faults are named in bugs.ts.
 */
import { closeSync, openSync } from 'node:fs'
import type { Socket } from 'node:net'
import * as wire from '../../src/wire/frame.ts'
import type { CodeName, Frame } from '../../src/wire/frame.ts'
import type { Has } from './bugs.ts'
import { judgeHello } from './hello.ts'
import { codeNumber, judgeNext } from './judge.ts'
import { readName } from './name-text.ts'
import { printable, Requests } from './requests.ts'
import { sentInstead } from './sent-faults.ts'
import type { ReferenceOptions } from './server.ts'
import { newestFirst, pingsBehind } from './stream-faults.ts'
import type { Threads } from './threads.ts'
import { Timers } from './timers.ts'
import { ASK_AGAIN_MS, type Turns } from './turns.ts'
import { Writer } from './writer.ts'

/** What the connections of one server share. */
export interface Shared {
  readonly threads: Threads
  readonly turns: Turns
  /** The connection that was accepted last. */
  readonly newest: () => ReferenceConnection | undefined
}

const OUTPUT_MARK = 65_536

export class ReferenceConnection {
  state: 'FRESH' | 'OPEN' | 'DRAINING' | 'FAILING' | 'LINGERING' | 'ENDED' | 'CLOSED' = 'FRESH'
  readonly #socket: Socket
  readonly #options: ReferenceOptions
  readonly #has: Has
  readonly #shared: Shared
  readonly #writer: Writer
  readonly #timers: Timers
  readonly #decoder = new TextDecoder()
  readonly #requests: Requests
  #kept: Buffer = Buffer.alloc(0)
  #stopped = false
  #finSeen = false
  #helloTaken = false
  #nameTaken = false
  #last = 0
  #failure: { code: CodeName; detail: number } | undefined
  /** Set once the server stopped in front of a NAME. */
  #stuck = false
  #nameBegunAtGoodbye = false
  #deadline: NodeJS.Timeout | undefined
  readonly #reserved: Buffer[] = []

  constructor(socket: Socket, options: ReferenceOptions, has: Has, shared: Shared) {
    this.#socket = socket
    this.#options = options
    this.#has = has
    this.#shared = shared
    this.#writer = new Writer(socket, has, () => this.#settle())
    this.#timers = new Timers(options, has, {
      idle: () => this.drain(wire.Reason.IDLE),
      age: () => this.drain(wire.Reason.MAX_AGE),
      frame: () => this.#frameLate(),
      stall: () => (has('stall-fin') ? this.#socket.destroy() : this.#socket.resetAndDestroy()),
      linger: () => this.#socket.destroy(),
    })
    this.#requests = new Requests(shared.threads, options, has, {
      push: (frame) => this.#push(frame),
      settle: () => this.#settle(),
      violate: (code) => this.#violate(code, 0),
      answered: () => this.#timers.answered(),
    })
    if (has('server-speaks-first')) this.#welcome(1)
    if (has('grease-early')) this.#writer.push(wire.grease(0))
    socket.on('data', (chunk: Buffer) => this.#receive(chunk))
    socket.on('end', () => this.#finArrived())
    socket.on('drain', () => this.#settle())
    socket.on('error', () => {
      if (has('die-on-reset')) process.exit(1)
    })
    socket.on('close', () => {
      this.state = 'CLOSED'
      if (!has('answers-next-connection')) this.#requests.abandon()
      this.#timers.stop()
      clearTimeout(this.#deadline)
      shared.turns.leave(this)
    })
    this.#settle()
  }

  /** Announces the end: GOODBYE, answers, FIN, linger. */
  drain(reason: number): void {
    this.#setDeadline(reason)
    const again = this.state === 'DRAINING' && this.#has('goodbye-again-at-shutdown')
    if (again) this.#push(wire.goodbye(this.#last, reason))
    const over = (this.state !== 'FRESH' && this.state !== 'OPEN') || this.#finSeen
    if (over && this.#has('goodbye-always') && this.#socket.writable) this.#push(wire.goodbye(this.#last, reason))
    if (over) return
    this.state = 'DRAINING'
    this.#nameBegunAtGoodbye = this.#kept.length >= wire.HEADER_BYTES
    if (this.#has('drain-drops-inflight')) this.#requests.abandon()
    if (this.#stopped && this.#has('goodbye-drops-kept')) this.#kept = Buffer.alloc(0)
    const highest = this.#has('goodbye-highest-in-flight') ? this.#requests.highest : undefined
    const id = this.#has('goodbye-wrong-id') ? this.#last + 1 : (highest ?? this.#last)
    if (!this.#has('no-goodbye')) this.#push(wire.goodbye(id, reason))
    this.#settle()
  }

  /** Refuses the connection because the server is full. */
  refuse(): void {
    if (this.#has('silent-refusal')) return void this.#socket.end()
    this.state = 'FAILING'
    this.#failure = { code: 'SERVER_FULL', detail: 1_000 }
    this.#settle()
  }

  /** Starts the drain deadline; of two the earlier counts. */
  #setDeadline(reason: number): void {
    if (this.#has('drain-never-ends')) return
    if (this.#has('no-deadline-after-age') && reason !== wire.Reason.SHUTTING_DOWN) return
    if (this.#deadline !== undefined && !this.#has('deadline-later')) return
    clearTimeout(this.#deadline)
    this.#deadline = setTimeout(
      () => (this.#has('deadline-fin') ? this.#socket.end() : this.#socket.resetAndDestroy()),
      this.#options.drainTimeoutMs,
    )
  }

  #receive(chunk: Buffer): void {
    if (this.#has('drain-prolonged')) this.#deadline?.refresh()
    if (this.state === 'LINGERING' && this.#has('linger-prolonged')) {
      this.#timers.lingerAnew()
      this.#settle()
    }
    if (
      this.state === 'LINGERING' ||
      (this.state === 'FAILING' && !this.#has('answer-after-fatal')) ||
      this.state === 'CLOSED'
    )
      return
    if (this.state === 'DRAINING' && this.#has('silent-after-goodbye')) return
    const begun = this.#kept.length > 0
    const bytes = this.#has('newest-first') ? newestFirst(chunk) : chunk
    this.#kept = begun ? Buffer.concat([this.#kept, bytes]) : bytes
    if (this.#has('reserve-announced') && this.#kept.length >= wire.HEADER_BYTES)
      this.#reserved.push(Buffer.alloc(Math.min(2 ** 19, this.#kept.readUIntBE(0, 3)), 1))
    if (!begun || this.#has('timer-reset-per-byte')) this.#timers.frameBegan()
    this.#settle()
    if (this.#has('drop-tail-on-split') && !this.#stopped) this.#kept = Buffer.alloc(0)
  }

  #finArrived(): void {
    // The socket closes by itself once our own FIN is out too.
    if (this.state === 'LINGERING') return
    this.#finSeen = true
    if (this.#has('fin-overtakes-kept-bytes')) this.#kept = Buffer.alloc(0)
    if (this.#has('drop-on-fin')) this.#requests.abandon()
    const failing = this.state === 'FAILING' && this.#has('fin-ends-failing')
    if (this.#has('close-on-fin') || failing) return void this.#socket.destroy()
    this.#settle()
  }

  /** Judges what is there, writes what is due, and moves on when nothing is left to do. */
  #settle(): void {
    if (this.#has('one-at-a-time')) {
      const busy = this.#kept.length > 0 || this.#requests.size > 0 || this.#writer.waitingBytes > 0
      if (!this.#shared.turns.may(this, busy)) return void setTimeout(() => this.#settle(), ASK_AGAIN_MS)
    }
    const { held: waiting } = this.#requests
    let held: Buffer[]
    do {
      held = waiting.splice(0)
      for (const frame of held.toReversed()) this.#push(frame)
      this.#judge()
    } while (waiting.length > 0 || (held.length > 0 && this.#stopped && this.#requests.size === 0))
    const judged = this.#kept.length === 0 || !this.#stopped
    if (this.#finSeen && judged && (this.state === 'FRESH' || this.state === 'OPEN' || this.state === 'DRAINING')) {
      const whatever =
        this.#has('fin-inside-frame-ok') || (this.#has('draining-fin-inside-ok') && this.state === 'DRAINING')
      if (this.#kept.length > 0 && !whatever) this.#violate('PROTOCOL_VIOLATION', 0)
      else if (!this.#has('ignore-fin')) this.state = 'ENDED'
    }
    const overtakes = this.state === 'FAILING' && this.#has('fatal-overtakes')
    if (this.#requests.size === 0 || overtakes) this.#finishIfDue()
    const mayRead = !this.#stopped && (this.#writer.waitingBytes < OUTPUT_MARK || this.#has('unbounded-output'))
    const discards =
      (this.state === 'LINGERING' && !this.#has('linger-deaf')) ||
      (this.state === 'FAILING' && !this.#has('failing-deaf'))
    const deaf = this.state === 'FAILING' && this.#has('failing-deaf')
    if ((mayRead && !deaf && this.state !== 'LINGERING') || discards) this.#socket.resume()
    else this.#socket.pause()
    this.#timers.arm({
      state: this.state,
      busy: this.#requests.size > 0,
      frameBegun: this.#kept.length > 0,
      reading: mayRead || (this.#has('frame-timer-while-output-waits') && this.#writer.waitingBytes >= OUTPUT_MARK),
      waitingBytes: this.#writer.waitingBytes,
      progressAt: this.#writer.progressAt,
      finSeen: this.#finSeen,
    })
  }

  #finishIfDue(): void {
    if (this.state === 'DRAINING' || this.state === 'ENDED') {
      const closed = this.state === 'ENDED' || this.#finSeen
      if (!closed && this.#has('drain-keeps-open')) return
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
      if (!this.#has('close-on-anything-odd')) this.#push(frame)
      if (this.#has('error-twice')) this.#push(frame)
      if (!this.#has('no-half-close')) this.#writer.end()
      if (this.#has('destroy-after-error')) setImmediate(() => setImmediate(() => this.#socket.destroy()))
      if (this.#finSeen) this.state = 'CLOSED'
      if (this.#finSeen && this.#has('lingers-behind-fin')) {
        const held = openSync('/dev/null', 'r')
        setTimeout(() => closeSync(held), this.#options.lingerTimeoutMs).unref()
      }
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
      if (judgement.kind === 'stop' || (this.#stuck && this.#has('stopped-for-good'))) return this.#stop()
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
      const named = judgement.kind === 'frame' && judgement.frame.type === wire.FrameType.NAME
      if (named || !this.#has('only-names-reset-idle')) this.#timers.frameCompleted()
      if (judgement.kind === 'frame') this.#take(judgement.frame)
      else if (this.#has('skip-sets-last')) this.#last = Math.max(this.#last, judgement.id)
    }
  }

  /** Stops in front of a NAME that finds no place. */
  #stop(): void {
    this.#stopped = true
    this.#stuck = true
    if (!this.#has('judge-past-stop')) return
    const { ids, rest } = pingsBehind(this.#kept)
    this.#kept = rest
    for (const id of ids) this.#pong(id)
  }

  #frameLate(): void {
    if (this.#has('timeout-executes') && this.#kept.length > wire.HEADER_BYTES)
      this.#requests.take(this.#kept.readUInt32BE(4), this.#kept.subarray(wire.HEADER_BYTES).toString())
    this.#violate('TIMEOUT', 0)
  }

  #view(): Parameters<typeof judgeNext>[1] {
    const fresh =
      this.state === 'FRESH' ||
      (this.#has('hello-twice-ok') && this.#last === 0) ||
      (this.#has('hello-after-name-ok') && !this.#helloTaken) ||
      (this.#has('hello-after-refused-ok') && !this.#helloTaken && !this.#nameTaken)
    const most = this.#has('limit-negotiated') ? this.#requests.clientMax : Infinity
    const told = (this.#helloTaken || this.#has('limit-before-hello')) && !this.#has('limit-stays')
    return {
      draining: this.state === 'DRAINING',
      helloAllowed: fresh,
      last: this.#last,
      limit: told ? Math.min(this.#options.maxPayload, most) : wire.DEFAULT_MAX_PAYLOAD,
      full: this.#requests.full && !this.#has('ignore-max-in-flight') && !this.#has('overflow-is-error'),
    }
  }

  #take(frame: Frame): void {
    if (frame.type === wire.FrameType.PING) return this.#pong(frame.id)
    if (frame.type === wire.FrameType.CANCEL) return this.#requests.cancel(frame.id)
    if (frame.type === wire.FrameType.NAME) return this.#takeName(frame)
    if (this.state === 'DRAINING') return
    const verdict = judgeHello(frame.payload, this.#has)
    if ('code' in verdict) return this.#violate(verdict.code, verdict.detail)
    this.#requests.clientMax = verdict.maxPayload
    this.#helloTaken = true
    this.state = 'OPEN'
    const version = this.#has('version-of-client') ? verdict.maxVersion : 1
    if (this.#has('welcome-late')) setImmediate(() => this.#welcome(version))
    else this.#welcome(version)
    this.#writer.mayGrease = true
  }

  #takeName(frame: Frame): void {
    if (this.#has('hello-required') && !this.#helloTaken) return this.#violate('PROTOCOL_VIOLATION', 0)
    const before = this.#last
    this.#last = Math.max(frame.id, before)
    const begunBefore = this.#nameBegunAtGoodbye && this.#has('state-at-header')
    if (this.state === 'DRAINING' && !this.#has('execute-after-goodbye') && !begunBefore) return
    if (this.state === 'FRESH') this.state = 'OPEN'
    if (this.#has('overflow-is-error') && this.#requests.size >= this.#options.maxInFlight)
      return this.#requests.refuse(frame.id, 'OVERLOADED', 10)
    const verdict = readName(frame.payload, this.#options.maxName, this.#has, this.#decoder)
    if (!('code' in verdict)) {
      this.#nameTaken = true
      return this.#requests.take(frame.id, verdict.name)
    }
    if (this.#has('refused-keep-last')) this.#last = before
    if (this.#has('refused-executed')) this.#shared.threads.overrule(frame.payload.toString())
    const detail = verdict.code === 'NAME_TOO_LONG' ? this.#options.maxName : 0
    this.#requests.refuse(frame.id, verdict.code, detail, frame.payload)
  }

  #pong(id: number): void {
    const frame = wire.pong(this.#has('pong-wrong-id') ? 0 : id)
    if (this.#has('ping-needs-hello') && !this.#helloTaken) return this.#violate('PROTOCOL_VIOLATION', 0)
    if (this.#has('ping-opens') && this.state === 'FRESH') this.state = 'OPEN'
    if (this.#has('pong-late') && this.#requests.size > 0) setTimeout(() => this.#pong(id), 30)
    else if (this.#has('pong-lost-at-fatal')) setImmediate(() => this.#failure ?? this.#push(frame))
    else if (this.#has('pong-early') || this.#has('pong-reversed')) this.#writer.pushFirst(frame)
    else this.#push(frame)
  }

  #violate(code: CodeName, detail: number): void {
    if (this.#failure !== undefined) return
    this.#failure = { code, detail }
    this.state = 'FAILING'
    this.#settle()
  }

  #welcome(version: number): void {
    const { maxName, maxPayload, maxInFlight, idleTimeoutMs } = this.#options
    this.#push(wire.welcome({ version, maxName, maxPayload, maxInFlight, idleTimeoutMs, agent: 'greetwire-reference' }))
  }

  #push(frame: Buffer): void {
    const heir = this.#shared.newest()
    const inherits = this.#has('answers-next-connection') && this.#socket.destroyed && heir !== this
    if (inherits && heir !== undefined) return heir.#push(frame)
    for (const bytes of sentInstead(frame, this.#has)) this.#writer.push(bytes)
  }
}
