/** What a case of the client role works with: a server played by the suite, and the client driven through its adapter. */
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import type { ClientAdapter, ConnectOptions, Outcome, OutcomeError, Pending } from '../target/client-adapter.ts'
import { CaseFailure, check, TimedOut } from '../wire/failure.ts'
import {
  DEFAULT_MAX_PAYLOAD,
  FrameType,
  greeting,
  pong,
  readHello,
  welcome,
  type Frame,
  type Welcome,
} from '../wire/frame.ts'
import { describeFrame } from '../wire/frame-text.ts'
import { RawPeer, turn, type PeerEnd } from '../wire/raw-peer.ts'
import type { Random } from './random.ts'
import type { Trace } from './runner.ts'

/** Limits that the suite's server tells, unless a case says otherwise. */
export const TOLD: Welcome = {
  version: 1,
  maxName: 1_024,
  maxPayload: 4_096,
  maxInFlight: 256,
  idleTimeoutMs: 0,
  agent: Buffer.alloc(0),
}

export class ClientTest implements Trace {
  readonly softFailures: string[] = []
  readonly notes: string[] = []
  readonly peers: RawPeer[] = []
  readonly adapter: ClientAdapter
  readonly random: Random
  readonly reactionMs: number
  told: Welcome = TOLD
  /** Name of the connection in commands. */
  readonly connection: string
  readonly #server: Server = createServer({ allowHalfOpen: true, pauseOnConnect: true })
  readonly #accepted: Socket[] = []
  readonly #logFrom: number
  #wake: (() => void) | undefined
  /** What the client's last connect came to, when that was no connection. */
  #noConnection: Error | undefined

  constructor(adapter: ClientAdapter, random: Random, reactionMs: number, connection: string) {
    this.adapter = adapter
    this.random = random
    this.reactionMs = reactionMs
    this.connection = connection
    this.#logFrom = adapter.log.length
    this.#server.on('connection', (socket) => {
      this.#accepted.push(socket)
      this.#wake?.()
    })
  }

  /** Number of connections that the client has opened so far. */
  get connections(): number {
    return this.peers.length + this.#accepted.length
  }

  /** Tells the client to connect, to a port where the suite listens unless another is given; returns before it has. */
  async beginConnect(options: ConnectOptions = {}, elsewhere?: number): Promise<Pending> {
    const port = elsewhere ?? (await this.#listen())
    const connecting = this.adapter.send({
      command: 'connect',
      connection: this.connection,
      host: '127.0.0.1',
      port,
      options: { timeoutMs: this.reactionMs, ...options },
    })
    this.#noConnection = undefined
    void this.#watch(connecting)
    return connecting
  }

  /** Notes when a connect comes to something else than a connection, so that nobody waits for it any longer. */
  async #watch(connecting: Pending): Promise<void> {
    try {
      const outcome = await this.adapter.obeyed(connecting, 'connect')
      check(outcome.outcome === 'connected', `expected the client to connect, got ${JSON.stringify(outcome)}`)
    } catch (cause) {
      this.#noConnection = cause as Error
      this.#wake?.()
    }
  }

  async #listen(): Promise<number> {
    if (!this.#server.listening) await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    return (this.#server.address() as AddressInfo).port
  }

  /** Takes the next connection of the client; fails at once when its connect came to something else. */
  async accept(limitMs: number = this.reactionMs): Promise<RawPeer> {
    const deadline = performance.now() + limitMs
    while (this.#accepted.length === 0) {
      if (this.#noConnection !== undefined) throw this.#noConnection
      const left = deadline - performance.now()
      if (left <= 0) throw new TimedOut('expected the client to connect, it did not')
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left)
        this.#wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
    const peer = new RawPeer(this.#accepted.shift()!, {
      label: `connection ${this.peers.length + 1}`,
      reactionMs: this.reactionMs,
    })
    this.peers.push(peer)
    peer.resume()
    return peer
  }

  /** Opens a connection in order: HELLO, if the client sends one, gets WELCOME. */
  async open(options: ConnectOptions = {}, told: Partial<Welcome> = {}): Promise<RawPeer> {
    this.told = { ...TOLD, ...told }
    const connecting = await this.beginConnect(options)
    const peer = await this.accept()
    await this.welcome(peer)
    const outcome = await this.settled(connecting, 'connect')
    check(outcome.outcome === 'connected', `expected the client to connect, got ${JSON.stringify(outcome)}`)
    return peer
  }

  /** Answers HELLO with WELCOME, if the client begins with HELLO; a client that begins with nothing is left alone. */
  async welcome(peer: RawPeer): Promise<void> {
    if (!this.adapter.features.has('hello')) return
    const frame = await peer.next('HELLO')
    check(frame.type === FrameType.HELLO, () => `expected HELLO, got ${describeFrame(frame)}`)
    peer.send(welcome(this.told))
  }

  /** The greeting that the client allows at most, in bytes. */
  clientMaxPayload(peer: RawPeer): number {
    const first = peer.received.find(({ frame }) => frame.type === FrameType.HELLO)
    return Math.min(65_535, (first && readHello(first.frame)?.maxPayload) ?? DEFAULT_MAX_PAYLOAD)
  }

  greet(name: string, options: { timeoutMs?: number; idempotent?: boolean } = {}): Pending {
    return this.adapter.send({ command: 'greet', connection: this.connection, name, ...options })
  }

  ping(options: { timeoutMs?: number } = {}): Pending {
    return this.adapter.send({ command: 'ping', connection: this.connection, ...options })
  }

  abort(of: Pending): Pending {
    return this.adapter.send({ command: 'abort', of: of.id })
  }

  close(): Pending {
    return this.adapter.send({ command: 'close', connection: this.connection })
  }

  settled(pending: Pending, what: string, limitMs: number = this.reactionMs): Promise<Outcome> {
    return this.adapter.settled(pending, what, limitMs)
  }

  /** Waits until the adapter has read every command before this one. */
  async adapterRoundTrip(): Promise<void> {
    const { outcome } = this.adapter.send({ command: 'commandThatDoesNotExist' })
    await Promise.race([outcome, new Promise((resolve) => setTimeout(resolve, this.reactionMs).unref())])
    // An adapter inside this process answers before what it wrote to its sockets can arrive.
    await turn()
  }

  /** The next NAME; PINGs are answered and CANCELs passed over on the way. */
  async nextName(peer: RawPeer): Promise<Frame> {
    const frame = await this.nextNameOrEnd(peer)
    if (typeof frame === 'string') throw new CaseFailure(`expected NAME, got ${frame}`)
    return frame
  }

  async nextNameOrEnd(peer: RawPeer): Promise<Frame | PeerEnd> {
    for (;;) {
      const frame = await peer.nextOrEnd('NAME')
      if (typeof frame === 'string' || frame.type === FrameType.NAME) return frame
      if (frame.type === FrameType.PING) peer.send(pong(frame.id))
      else check(frame.type === FrameType.CANCEL, () => `expected NAME, got ${describeFrame(frame)}`)
    }
  }

  /** Expects a greet to end with this greeting. */
  async expectGreeting(pending: Pending, text: string): Promise<void> {
    const outcome = await this.settled(pending, 'greet')
    check(
      outcome.outcome === 'greeting' && outcome.greeting === text,
      () => `expected the greeting ${JSON.stringify(text).slice(0, 200)}, got ${JSON.stringify(outcome).slice(0, 300)}`,
    )
  }

  /** Expects a command to end with an error of one of these kinds. */
  async expectError(
    pending: Pending,
    kinds: readonly OutcomeError['kind'][],
    executed?: 'never' | 'maybe',
    what = 'greet',
  ): Promise<OutcomeError> {
    const outcome = await this.settled(pending, what)
    const { error } = outcome
    check(
      outcome.outcome === 'error' && error !== undefined && kinds.includes(error.kind),
      () => `expected an error of kind ${kinds.join(' or ')}, got ${JSON.stringify(outcome).slice(0, 300)}`,
    )
    check(
      executed === undefined || error.executed === executed,
      () => `expected an error that says "executed":"${executed}", got ${JSON.stringify(outcome).slice(0, 300)}`,
    )
    return error
  }

  /** Greets once and answers: the connection works. */
  async expectWorks(peer: RawPeer): Promise<void> {
    const pending = this.greet('Probe')
    const frame = await this.nextName(peer)
    peer.send(greeting(frame.id, 'Hello Probe'))
    await this.expectGreeting(pending, 'Hello Probe')
  }

  should(condition: boolean, message: string): void {
    if (!condition) this.softFailures.push(message)
  }

  note(text: string): void {
    this.notes.push(text)
  }

  /** Stops listening, so that further connections are refused. */
  stopListening(): void {
    this.#server.close()
  }

  /** Frees everything. */
  end(): void {
    this.#server.close()
    for (const socket of this.#accepted) socket.destroy()
    for (const peer of this.peers) peer.destroy()
  }

  wire(): string[] {
    const peers = this.peers.slice(0, 4).flatMap((peer) => [`${peer.log.label}:`, ...peer.log.lines(80)])
    return ['adapter:', ...this.adapter.log.slice(this.#logFrom, this.#logFrom + 40), ...peers]
  }
}
