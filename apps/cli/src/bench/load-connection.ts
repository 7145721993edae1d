/**
 * One connection of the load: keeps requests in flight and measures each.
 *
 * Closed loop: the next request goes when an answer comes. Fixed rate: a request is measured from when it fell due, not from when
 * it could be sent, so a server that stops for a second pays for every request of that second (no coordinated omission). What has no
 * answer in the end is not forgotten: `unanswered` tells when each of those began.
 */

import { defaultDialer, type Link, type Target, type TlsOptions } from '@greetwire/client'
import { ClientConnection, type ConnectionEnd, type ServerInfo, UsageError } from '@greetwire/protocol'
import { DueTimes } from './due-times.ts'
import { errorText, type LoadEnd, loadEnd, openError } from './load-end.ts'

/** Told of everything that comes back once the connection stands. */
export interface LoadListener {
  greeted(latencyMs: number): void
  /** The server answered with an error. */
  failed(name: string): void
  /** The connection is gone, with what was in flight or due on it. */
  ended(end: LoadEnd, unanswered: readonly number[]): void
  /** The name cannot be sent to this server. */
  refused(error: UsageError): void
}

/** What a connection sends, and how it is opened. */
export interface LoadConnectionOptions {
  readonly name: string
  readonly depth: number
  readonly tls: TlsOptions
}

/** Opens one connection and drives it. */
export class LoadConnection {
  readonly #target: Target
  readonly #options: LoadConnectionOptions
  readonly #listener: LoadListener
  readonly #connection: ClientConnection
  readonly #link: Link
  readonly #welcome = Promise.withResolvers<ServerInfo>()
  readonly #settling = Promise.withResolvers<void>()
  /** When each request that is in flight began, by id; 0 is none. The size is a power of two, with room for answers out of order. */
  readonly #startedAt: Float64Array
  readonly #due = new DueTimes()
  #nextId = 1
  #inFlight = 0
  #connected = false
  /** Whether a request begins as soon as there is room: a closed loop between start and finish. */
  #looping = false
  #finishing = false
  #ended = false
  #goodbye: ConnectionEnd | undefined
  /** When the chunk that is being judged arrived. */
  #now = 0

  constructor(target: Target, options: LoadConnectionOptions, listener: LoadListener) {
    this.#target = target
    this.#options = options
    this.#listener = listener
    this.#startedAt = new Float64Array(2 ** Math.ceil(Math.log2(options.depth * 8)))
    this.#connection = new ClientConnection(
      { agent: 'greet bench', maxInFlight: options.depth },
      {
        greeting: (id) => this.#settled(id, (latencyMs) => listener.greeted(latencyMs)),
        failed: (id, error) => this.#settled(id, () => listener.failed(errorText(error))),
        welcome: (server) => this.#welcome.resolve(server),
        // What is lost stays in #startedAt, so it is told with the end that follows.
        lost: () => {},
        goodbye: (goodbye) => (this.#goodbye = { why: 'goodbye', goodbye }),
        pong: () => {},
      },
    )
    this.#link = defaultDialer.dial(target, options.tls, {
      opened: () => {
        this.#connected = true
        this.#flush()
      },
      data: (chunk) => this.#received(chunk),
      drained: () => this.#send(),
      fin: () => {
        this.#connection.finReceived()
        this.#endIfOver()
      },
      closed: (cause) => this.#closed(cause),
    })
  }

  /** Resolves with the WELCOME: from then on the connection stands. Rejects if it never does. */
  get welcomed(): Promise<ServerInfo> {
    return this.#welcome.promise
  }

  /** Whether requests can still be sent here. */
  get takesRequests(): boolean {
    return !this.#ended && !this.#connection.exhausted
  }

  /** Whether it can still bring answers. */
  get isOpen(): boolean {
    return !this.#ended
  }

  /** Begins a closed loop. */
  start(): void {
    this.#looping = true
    this.#send()
  }

  /** Lets one more request fall due at `at`. */
  fallDue(at: number): void {
    this.#due.add(at)
    this.#send()
  }

  /** Begins no further request; resolves once nothing is in flight or due any more. */
  finish(): Promise<void> {
    this.#looping = false
    this.#finishing = true
    this.#settleIfIdle()
    return this.#settling.promise
  }

  /** When each request began that has no answer: those in flight and those that fell due. */
  unanswered(): readonly number[] {
    return [...this.#startedAt.filter((began) => began > 0), ...this.#due.rest()]
  }

  /** Closes at once. */
  destroy(): void {
    this.#ended = true
    this.#link.destroy()
  }

  #received(chunk: Uint8Array): void {
    if (this.#ended) return
    this.#now = performance.now()
    this.#connection.receive(chunk)
    this.#send()
    this.#endIfOver()
    this.#settleIfIdle()
  }

  #send(): void {
    const connection = this.#connection
    const mask = this.#startedAt.length - 1
    const { name } = this.#options
    const now = performance.now()
    while (connection.room > 0 && this.#startedAt[this.#nextId & mask] === 0) {
      if (this.#ended || !(this.#looping || this.#due.length > 0)) break
      if (!this.#sendOne(name)) return
      this.#startedAt[(this.#nextId - 1) & mask] = this.#looping ? now : this.#due.take()
      this.#inFlight++
    }
    this.#flush()
  }

  /** False if the server's limit, which came with its WELCOME, does not allow the name. */
  #sendOne(name: string): boolean {
    try {
      this.#nextId = this.#connection.greet(name) + 1
      return true
    } catch (error) {
      if (!(error instanceof UsageError)) throw error
      this.#listener.refused(error)
      this.destroy()
      return false
    }
  }

  #flush(): void {
    if (!this.#connected || this.#ended || this.#link.busy) return
    const output = this.#connection.takeOutput()
    if (output) {
      this.#connection.outputAccepted(output.length)
      this.#link.write(output)
    }
    if (this.#connection.closing === 'half-close') this.#link.halfClose()
  }

  #settled(id: number, tell: (latencyMs: number) => void): void {
    const slot = id & (this.#startedAt.length - 1)
    const began = this.#startedAt[slot] as number
    this.#startedAt[slot] = 0
    this.#inFlight--
    tell(this.#now - began)
  }

  #settleIfIdle(): void {
    if (this.#ended || (this.#finishing && this.#inFlight + this.#due.length === 0)) this.#settling.resolve()
  }

  #closed(cause: Error | undefined): void {
    this.#connection.reset()
    this.#endIfOver(cause)
  }

  #endIfOver(cause?: Error): void {
    if (!this.#connection.end || this.#ended) return
    const end = { ...loadEnd(this.#goodbye ?? this.#connection.end), ...(cause && { cause }) }
    this.destroy()
    this.#settling.resolve()
    if (this.#connection.server) this.#listener.ended(end, this.unanswered())
    else this.#welcome.reject(openError(this.#target, end))
  }
}
