/** One connection of the reference client: as plain as the table of section 4.4. Its faults are named in client-bugs.ts. */
import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { readFileSync } from 'node:fs'
import * as wire from '../../src/wire/frame.ts'
import type { Frame } from '../../src/wire/frame.ts'
import type { ConnectOptions, OutcomeError } from '../../src/target/client-adapter.ts'
import type { HasClientBug } from './client-bugs.ts'
import { firstBytes } from './client-first-bytes.ts'
import { ClientOutput } from './client-output.ts'
import { checkWelcome, Inbound, readGreeting, Violation } from './client-inbound.ts'

export class Failed extends Error {
  readonly detail: OutcomeError
  /** Milliseconds that the server asked to wait. */
  readonly waitMs: number
  constructor(detail: OutcomeError, waitMs = 0) {
    super(detail.kind)
    this.detail = detail
    this.waitMs = waitMs
  }
}

interface Request {
  readonly name: Buffer
  readonly resolve: (greeting: string) => void
  readonly reject: (cause: Failed) => void
  id?: number
  settled: boolean
}

/** A grease type that one fault gives a meaning. */
const GREASE = 0x8a

export class ReferenceConnection {
  readonly #socket: Socket
  readonly #has: HasClientBug
  readonly #inbound: Inbound
  readonly #output: ClientOutput
  #limits: wire.Welcome | undefined
  #welcomed: { resolve: () => void; reject: (cause: Failed) => void } | undefined
  readonly #open = new Map<number, Request>()
  readonly #queue: Request[] = []
  readonly #pings: { id: number; resolve: () => void; reject: (cause: Failed) => void }[] = []
  #nextId: number
  #lastSent = 0
  #lastPing = 0
  #freed = 0
  #goodbye: number | undefined
  #fatal: number | undefined
  #closing: (() => void) | undefined
  ended = false

  constructor(host: string, port: number, options: ConnectOptions, has: HasClientBug) {
    this.#has = has
    const maxPayload = has('lowest-limits') || has('no-hello') ? 4_096 : has('highest-limits') ? 65_535 : 8_192
    this.#inbound = new Inbound(maxPayload, has)
    this.#nextId = options.firstId ?? (has('ids-start-at-zero') ? 0 : has('ids-decrease') ? 1_000 : 1)
    const tls = options.tls && {
      servername: 'localhost',
      ...(options.tls.caFile === undefined ? {} : { ca: readFileSync(options.tls.caFile) }),
      rejectUnauthorized: !has('tls-unverified'),
      ...(has('no-alpn') ? {} : { ALPNProtocols: ['greetwire'] }),
    }
    this.#socket = tls
      ? connectTls({ host, port, ...tls })
      : connect({ host, port, noDelay: true, allowHalfOpen: true })
    this.#output = new ClientOutput(this.#socket, has)
    this.#socket.on(tls ? 'secureConnect' : 'connect', () => {
      if (has('no-hello') || has('early-connect')) this.#welcomed?.resolve()
      if (!has('no-hello')) this.#output.write(firstBytes(maxPayload, has))
    })
    this.#socket.on('data', (chunk: Buffer) => this.#receive(chunk))
    this.#socket.on('end', () => {
      if (!has('no-close-after-fin')) this.#output.end()
      if (has('fin-in-frame-fatal') && this.#inbound.begun) this.#settleAll({ kind: 'violation', executed: 'maybe' })
      if (!has('hang-on-fin')) this.#lost()
    })
    this.#socket.on('error', () => {
      if (!has('hang-on-reset')) this.#lost()
    })
    this.#socket.on('close', () => {
      if (!has('hang-on-reset') && !has('hang-on-fin')) this.#lost()
      this.#closing?.()
    })
  }

  /** Settles when WELCOME has come. */
  connected(timeoutMs: number): Promise<void> {
    return this.#timed(
      timeoutMs,
      (resolve, reject) => (this.#welcomed = { resolve, reject }),
      () => this.#socket.destroy(),
    )
  }

  /** True when it ended without ever having been of use. */
  get failed(): boolean {
    return this.ended && this.#limits === undefined
  }

  get usable(): boolean {
    return (
      !this.ended &&
      this.#goodbye === undefined &&
      this.#fatal === undefined &&
      this.#closing === undefined &&
      (this.#nextId <= wire.LAST_ID || this.#has('ids-wrap'))
    )
  }

  greet(name: Buffer, signal: AbortSignal, timeoutMs: number): Promise<string> {
    const request: Request = { name, resolve: () => undefined, reject: () => undefined, settled: false }
    const giveUp = (kind: 'timeout' | 'cancelled'): Failed => {
      request.settled = true
      const unsent = request.id === undefined
      if (unsent && !this.#has('send-aborted')) this.#queue.splice(this.#queue.indexOf(request), 1)
      if (unsent && this.#has('cancel-unsent')) this.#write(wire.cancel(this.#lastSent + 1))
      if (!unsent && this.#open.has(request.id!) && !this.#cancelsNothing())
        this.#write(
          wire.encodeFrame(wire.FrameType.CANCEL, request.id!, Buffer.alloc(this.#has('cancel-payload') ? 1 : 0)),
        )
      if (!unsent && this.#has('late-answer-fatal')) this.#open.delete(request.id!)
      return new Failed({ kind, executed: unsent ? 'never' : 'maybe' })
    }
    return this.#timed(
      this.#has('no-timeout') ? 2 ** 30 : timeoutMs,
      (resolve, reject) => {
        Object.assign(request, { resolve, reject })
        if (signal.aborted) return reject(new Failed({ kind: 'cancelled', executed: 'never' }))
        if (!this.#has('abort-hangs'))
          signal.addEventListener('abort', () => request.settled || reject(giveUp('cancelled')))
        this.#queue.push(request)
        this.#flush()
      },
      () => giveUp('timeout'),
    )
  }

  ping(timeoutMs: number): Promise<void> {
    const id = (this.#lastPing += 1)
    return this.#timed(
      this.#has('no-timeout') ? 2 ** 30 : timeoutMs,
      (resolve, reject) => {
        this.#pings.push({ id, resolve, reject })
        this.#write(
          this.#has('ping-payload') ? wire.encodeFrame(wire.FrameType.PING, id, Buffer.from('!')) : wire.ping(id),
        )
      },
      () => this.#has('late-pong-fatal') && this.#pings.shift(),
    )
  }

  #cancelsNothing(): boolean {
    return (
      this.#has('no-cancel') ||
      (this.#has('no-cancel-draining') && this.#goodbye !== undefined) ||
      (this.#has('no-cancel-closing') && this.#closing !== undefined)
    )
  }

  /** Waits for every answer, then ends the connection. */
  async close(): Promise<void> {
    if (this.#has('close-hangs')) return new Promise(() => undefined)
    if (this.ended) return
    const done = new Promise<void>((resolve) => (this.#closing = resolve))
    if (this.#open.size + this.#queue.length === 0 || this.#has('close-drops')) this.#end()
    await Promise.race([done, new Promise((resolve) => setTimeout(resolve, 1_000).unref())])
    this.#socket.destroy()
  }

  /** Ends the connection without ceremony. */
  destroy(): void {
    this.#socket.destroy()
  }

  #flush(): void {
    if (this.#has('early-connect') && this.#limits === undefined) return
    const room = this.#limits?.maxInFlight ?? 256
    const limit = this.#limits?.maxName ?? 1_024
    while (
      this.#queue.length > 0 &&
      (this.#open.size - this.#freed < room || this.#has('ignore-max-in-flight')) &&
      !this.ended
    ) {
      if (this.#goodbye !== undefined && !this.#has('name-after-goodbye'))
        return this.#failQueue({ kind: 'connection', executed: 'never' })
      if (this.#nextId > wire.LAST_ID) {
        if (!this.#has('ids-wrap')) return this.#failQueue({ kind: 'connection', executed: 'never' })
        this.#nextId = 1
      }
      const request = this.#queue.shift()!
      if (request.name.length > limit && !this.#has('ignore-max-name')) {
        request.settled = true
        request.reject(new Failed({ kind: 'usage', executed: 'never' }))
        continue
      }
      request.id = this.#nextId
      if (this.#has('ids-decrease')) this.#nextId -= 1
      else if (!this.#has('ids-repeat') || this.#open.has(this.#nextId))
        this.#nextId += this.#has('id-gaps') ? 1_000 : 1
      this.#lastSent = request.id
      this.#open.set(request.id, request)
      this.#write(wire.name(request.id, request.name))
      if (this.#has('hello-after-name')) this.#write(wire.hello())
      if (this.#has('name-again')) setTimeout(() => this.#again(request), 250).unref()
    }
  }

  #again(request: Request): void {
    if (!request.settled && !this.ended) this.#write(wire.name(this.#nextId++, request.name))
  }

  #receive(chunk: Buffer): void {
    if (this.#has('die-on-garbage') && chunk[0] !== 0) process.exit(1)
    try {
      for (const frame of this.#inbound.push(chunk)) this.#take(frame)
    } catch (cause) {
      if (!(cause instanceof Violation)) throw cause
      if (this.#has('violation-talks-on')) this.#socket.write(wire.ping(9))
      this.#settleAll({ kind: 'violation', executed: this.#has('violation-never') ? 'never' : 'maybe' })
      if (!this.#has('violation-keeps-open')) this.#socket.destroy()
    }
    if (this.#has('cancel-frees-place')) this.#freed = [...this.#open.values()].filter((one) => one.settled).length
    this.#flush()
    if (this.#closing && this.#open.size + this.#queue.length === 0) this.#end()
  }

  #end(): void {
    if (this.#has('half-frame-close')) this.#write(wire.ping(1).subarray(0, 4))
    this.#output.end()
  }

  #take(frame: Frame): void {
    if (this.#fatal !== undefined && !this.#has('frames-after-fatal-ok'))
      throw new Violation('a frame behind ERROR with id 0')
    if (frame.type === wire.FrameType.WELCOME) {
      if (this.#limits && !this.#has('welcome-twice-ok')) throw new Violation('a second WELCOME')
      this.#limits = checkWelcome(frame, this.#has)
      this.#welcomed?.resolve()
    } else if (frame.type === wire.FrameType.PONG) this.#pong(frame)
    else if (frame.type === GREASE) this.#takeGoodbye({ ...frame, payload: Buffer.from([0, 1]) })
    else if (frame.type === wire.FrameType.GOODBYE) this.#takeGoodbye(frame)
    else if (frame.type === wire.FrameType.GREETING) {
      const unread = this.#has('cancelled-greeting-unread') && this.#open.get(frame.id)?.settled === true
      const greeting = unread ? '' : readGreeting(frame.payload, this.#has)
      this.#settle(frame, (request) => request.resolve(greeting))
    } else this.#takeError(frame)
  }

  #pong(frame: Frame): void {
    const oldest = this.#pings[0]
    if (oldest?.id !== frame.id && !this.#has('pong-any-id')) throw new Violation('a PONG of no PING')
    this.#pings.shift()?.resolve()
  }

  #takeError(frame: Frame): void {
    const { code = wire.Code.INVALID_NAME, detail = 0, message = Buffer.alloc(0) } = wire.readError(frame) ?? {}
    if (this.#has('message-is-fatal') && /\p{Cc}|\ufffd/u.test(message.toString())) throw new Violation('a bad message')
    const forRequest = (code & 0x7fff) >= 0x0100
    if (forRequest !== frame.id > 0 && !this.#has('class-unchecked'))
      throw new Violation('a code that does not fit its id')
    if (frame.id === 0) {
      if (this.#has('fatal-ignored')) return
      this.#fatal = code
      const executed =
        (code === wire.Code.INTERNAL && !this.#has('internal-is-never')) || this.#has('maybe-on-fatal')
          ? 'maybe'
          : 'never'
      if (!this.#has('frames-after-fatal-ok')) this.#settleAll({ kind: 'connection', code, executed }, detail)
      return
    }
    if (this.#has('unknown-code-hangs') && !Object.values(wire.Code).includes(code as 1)) return
    const executed = (code & 0x7fff) >= 0x0300 ? 'maybe' : 'never'
    const text = this.#has('message-raw')
      ? message.toString('latin1')
      : message.toString('utf8').replaceAll(/\p{Cc}/gu, '\ufffd')
    this.#settle(frame, (request) =>
      request.reject(new Failed({ kind: 'request', code, executed, message: text }, detail)),
    )
  }

  #takeGoodbye(frame: Frame): void {
    const reason = wire.readGoodbye(frame)!.reason
    if (reason > 3 && this.#has('goodbye-reason-checked')) throw new Violation('an unknown reason')
    if (this.#goodbye !== undefined && !this.#has('goodbye-twice-ok')) throw new Violation('a second GOODBYE')
    if (frame.id > this.#lastSent && !this.#has('goodbye-id-unchecked'))
      throw new Violation('a GOODBYE above the last id')
    this.#goodbye = frame.id
    if (this.#has('goodbye-fails-all')) this.#settleAll({ kind: 'connection', executed: 'never' })
    for (const [id, request] of this.#open) {
      if (id <= frame.id || this.#has('goodbye-hangs')) continue
      this.#open.delete(id)
      this.#reject(
        request,
        new Failed({ kind: 'connection', executed: this.#has('goodbye-maybe') ? 'maybe' : 'never' }),
      )
    }
    this.#flush()
    if (this.#open.size === 0 && !this.#has('goodbye-keeps-open')) this.#output.end()
  }

  #settle(frame: Frame, how: (request: Request) => void): void {
    const id = this.#has('order-not-id') ? [...this.#open.keys()][0]! : frame.id
    const request = this.#open.get(id)
    if (!request) {
      if (this.#has(frame.id > this.#lastSent || frame.id === 0 ? 'accept-unknown-id' : 'accept-duplicate')) return
      throw new Violation('an answer to no request')
    }
    this.#open.delete(id)
    if (!request.settled) {
      request.settled = true
      how(request)
    }
    if (this.#goodbye !== undefined && this.#open.size === 0 && !this.#has('goodbye-keeps-open')) this.#output.end()
  }

  #lost(): void {
    this.ended = true
    this.#settleAll({ kind: 'connection', executed: this.#has('never-on-fin') ? 'never' : 'maybe' })
    this.#failQueue({ kind: 'connection', executed: 'never' })
  }

  #settleAll(detail: OutcomeError, waitMs = 0): void {
    const requests = [...this.#open.values()]
    this.#open.clear()
    for (const request of requests) this.#reject(request, new Failed(detail, waitMs))
    for (const ping of this.#pings.splice(0)) ping.reject(new Failed(detail))
    this.#welcomed?.reject(new Failed({ ...detail, executed: 'never' }, waitMs))
    if (detail.kind !== 'connection' || this.#fatal !== undefined)
      this.#failQueue({ ...detail, executed: 'never' }, waitMs)
  }

  #failQueue(detail: OutcomeError, waitMs = 0): void {
    for (const request of this.#queue.splice(0)) this.#reject(request, new Failed(detail, waitMs))
  }

  #reject(request: Request, cause: Failed): void {
    if (request.settled) return
    request.settled = true
    request.reject(cause)
  }

  #write(bytes: Buffer): void {
    if (this.#socket.writable) this.#output.write(bytes)
  }

  #timed<Value>(
    timeoutMs: number,
    start: (resolve: (value: Value) => void, reject: (cause: Failed) => void) => void,
    onTimeout?: () => unknown,
  ): Promise<Value> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        const cause = onTimeout?.()
        reject(cause instanceof Failed ? cause : new Failed({ kind: 'timeout', executed: 'maybe' }))
      }, timeoutMs)
      const stop =
        <Argument>(settle: (argument: Argument) => void) =>
        (argument: Argument): void => {
          clearTimeout(timer)
          settle(argument)
        }
      start(stop(resolve), stop(reject))
    })
  }
}
