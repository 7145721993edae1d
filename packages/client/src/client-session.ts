/**
 * Ties one Link to one ClientConnection, and ids to calls. It knows no retries, timers or other connections: it tells its owner
 * what happened, and the owner decides.
 */

import {
  ClientConnection,
  type ClientHandler,
  type ConnectionEnd,
  type Executed,
  type ReceivedError,
  type ReceivedGoodbye,
  type ServerInfo,
} from '@greetwire/protocol'
import { type Call, type CallHolder, GreetCall, type PingCall } from './call.ts'
import type { Link, LinkAddresses, LinkEvents } from './dialer.ts'
import { failureOfEnd, failureOfError, reasonOf, reasonOfTransport } from './failure.ts'
import { FlushSchedule } from './flush-schedule.ts'
import type { SessionOwner, SessionSetup } from './session-owner.ts'
import type { TraceStage } from './trace.ts'

/** One connection of a client, from the socket to the close. */
export class ClientSession implements ClientHandler, LinkEvents, CallHolder {
  readonly startedAt: number = performance.now()
  /** Whether it ever took calls; set by the owner. */
  wasOpen = false
  /** Whether it was given up because opening took too long; set by the owner. */
  timedOut = false
  /** What the transport said when it failed. */
  cause: Error | undefined
  /** When our FIN went out. */
  halfClosedAt: number = Infinity
  /** How many answers came, errors and PONGs included. */
  answers = 0
  readonly #serial: number
  readonly #setup: SessionSetup
  readonly #owner: SessionOwner<ClientSession>
  readonly #connection: ClientConnection
  readonly #link: Link
  readonly #greets = new Map<number, GreetCall>()
  readonly #pings: PingCall[] = []
  readonly #flushes = new FlushSchedule(() => this.flush())
  #goodbye: ConnectionEnd | undefined
  #connected = false
  #closed = false

  /** `serial` counts the sessions of a client from 1. */
  constructor(serial: number, setup: SessionSetup, owner: SessionOwner<ClientSession>) {
    const { target, dialer, options } = setup
    this.#serial = serial
    this.#setup = setup
    this.#owner = owner
    this.#connection = new ClientConnection(options, this)
    this.#trace({ stage: 'socket', target: target.text, runtime: dialer.runtime })
    this.#link = dialer.dial(target, options.tls, this)
  }

  /** Whether calls can be sent: the stream is open and the WELCOME is here, if one is due. */
  get open(): boolean {
    return this.#connected && this.#connection.state === 'OPEN'
  }

  /** Whether no further request can be sent here. */
  get exhausted(): boolean {
    return this.#closed || this.#connection.exhausted
  }

  /** Whether all that it could still bring are answers of requests that were given up. */
  get abandoned(): boolean {
    return this.halfClosedAt < Infinity && this.#connection.inFlight > 0
  }

  get room(): number {
    return this.open ? this.#connection.room : 0
  }

  get server(): ServerInfo | undefined {
    return this.#connection.server
  }

  get maxName(): number {
    return this.#connection.limits.maxName
  }

  /** Why it takes no further request, once that is so and not our wish. */
  get end(): ConnectionEnd | undefined {
    return this.#connection.end ?? this.#goodbye
  }

  /** Sends a request. Throws UsageError for a name that cannot be sent. */
  greet(call: GreetCall): void {
    call.id = this.#connection.greet(call.text)
    call.session = this
    this.#greets.set(call.id, call)
    this.#flushes.request(this.#connection.inFlight)
  }

  ping(call: PingCall): void {
    this.#connection.ping()
    call.session = this
    call.sentAt = performance.now()
    this.#pings.push(call)
    this.flush()
  }

  giveUp(call: Call): void {
    call.session = undefined
    if (!(call instanceof GreetCall)) return
    this.#greets.delete(call.id)
    this.#connection.cancel(call.id)
    this.#flushes.request(this.#connection.inFlight)
  }

  /** Sends no further request, and closes in order when the last answer is here. */
  finish(): void {
    this.#connection.finish()
    this.flush()
  }

  /** Gives the connection up at once; the CANCELs of what was given up before go out as far as the kernel takes them. */
  destroy(): void {
    this.flush()
    this.#connection.close()
    this.#link.destroy()
  }

  keepAlive(alive: boolean): void {
    this.#link.keepAlive(alive)
  }

  /** Sends what waits to be sent, then closes as far as the protocol asks for it. */
  flush(): void {
    if (!this.#connected || this.#closed) return
    const { closing } = this.#connection
    // What is stuck in the link has no say: nothing of it is waited for any more.
    if (closing === 'close' || closing === 'reset') return this.#link.destroy()
    if (this.#link.busy) return
    const output = this.#connection.takeOutput()
    if (output) {
      // From here on the kernel may have any of these bytes, so none of them counts as never written.
      this.#connection.outputAccepted(output.length)
      this.#trace({ stage: 'send', bytes: output })
      this.#link.write(output)
    }
    if (closing === 'half-close' && this.halfClosedAt === Infinity) {
      this.halfClosedAt = performance.now()
      this.#link.halfClose()
    }
  }

  // What the link tells.

  opened(addresses: LinkAddresses): void {
    this.#connected = true
    this.#trace({ stage: 'connect', ...addresses, elapsedMs: performance.now() - this.startedAt })
    this.flush()
    if (this.open) this.#owner.opened(this)
  }

  data(chunk: Uint8Array): void {
    this.#trace({ stage: 'receive', bytes: chunk })
    this.#connection.receive(chunk)
    this.#settleEnd()
  }

  drained(): void {
    this.flush()
    this.#owner.changed(this)
  }

  fin(): void {
    this.#trace({ stage: 'fin' })
    this.#connection.finReceived()
    this.#settleEnd()
  }

  closed(error: Error | undefined): void {
    this.#closed = true
    this.cause = error
    this.#connection.reset()
    this.#failPings()
    const reason = error ? reasonOfTransport(error) : reasonOf(this.end ?? { why: 'closed' })
    this.#trace({ stage: 'close', reason })
    this.#owner.closed(this)
  }

  // What the connection tells.

  greeting(id: number, greeting: string): void {
    this.answers++
    this.#owner.greeted(this.#taken(id), greeting)
  }

  failed(id: number, error: ReceivedError): void {
    this.answers++
    const call = this.#taken(id)
    this.#owner.failed(call, failureOfError(this.#describe(call), error))
  }

  lost(id: number, executed: Executed, end: ConnectionEnd): void {
    const call = this.#taken(id)
    this.#owner.failed(call, failureOfEnd(this.#describe(call), executed, end, this.cause))
  }

  pong(): void {
    this.answers++
    const call = this.#pings.shift()
    if (call && !call.settled) this.#owner.ponged(call, performance.now() - call.sentAt)
  }

  welcome(): void {
    this.#owner.opened(this)
  }

  goodbye(goodbye: ReceivedGoodbye): void {
    this.#goodbye = { why: 'goodbye', goodbye }
    this.#owner.goodbye(goodbye)
  }

  #taken(id: number): GreetCall {
    const call = this.#greets.get(id) as GreetCall
    this.#greets.delete(id)
    call.session = undefined
    return call
  }

  #describe(call: Call): string {
    return `${call.what} at ${this.#setup.target.text}`
  }

  #settleEnd(): void {
    if (this.#connection.end) this.#failPings()
    this.flush()
    this.#owner.changed(this)
  }

  #failPings(): void {
    const end = this.end ?? { why: 'closed' }
    for (const call of this.#pings.splice(0)) {
      call.session = undefined
      if (!call.settled) this.#owner.failed(call, failureOfEnd(this.#describe(call), undefined, end, this.cause))
    }
  }

  #trace(stage: TraceStage): void {
    this.#setup.trace?.({ ...stage, connection: this.#serial })
  }
}
