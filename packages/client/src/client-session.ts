/**
 * Ties one Link to one ClientConnection and its SessionCalls. It knows no retries, timers or other connections: it tells its owner
 * what happened, and the owner decides.
 */

import { ClientConnection, type ConnectionEnd, type ServerInfo } from '@greetwire/protocol'
import type { Call, GreetCall, PingCall } from './call.ts'
import type { Link, LinkAddresses, LinkEvents } from './dialer.ts'
import { reasonOf, reasonOfTransport } from './failure.ts'
import { FlushSchedule } from './flush-schedule.ts'
import { type CallSession, SessionCalls } from './session-calls.ts'
import { Silence } from './silence.ts'
import type { SessionOwner, SessionSetup } from './session-owner.ts'
import type { TraceStage } from './trace.ts'

/** One connection of a client, from the socket to the close. */
export class ClientSession implements LinkEvents, CallSession {
  readonly startedAt: number = performance.now()
  /** Whether it ever took calls; set by the owner. */
  wasOpen = false
  /** Whether it was given up because opening took too long; set by the owner. */
  timedOut = false
  /** Whether it was given up because the server is gone without a word; set by the owner. */
  silent = false
  /** What the transport said when it failed. */
  cause: Error | undefined
  /** Since when it is `done`; set by the owner. */
  doneSince: number = Infinity
  readonly #serial: number
  readonly #setup: SessionSetup
  readonly #owner: SessionOwner<ClientSession>
  readonly #connection: ClientConnection
  readonly #link: Link
  readonly #calls: SessionCalls<ClientSession>
  readonly #silence = new Silence()
  // What the kernel takes at once is never told as drained, but makes room all the same.
  readonly #flushes = new FlushSchedule(() => this.drained())
  #connected = false
  #halfClosed = false
  #closed = false

  /** `serial` counts the sessions of a client from 1. */
  constructor(serial: number, setup: SessionSetup, owner: SessionOwner<ClientSession>) {
    const { target, dialer, options } = setup
    this.#serial = serial
    this.#setup = setup
    this.#owner = owner
    this.#calls = new SessionCalls<ClientSession>(this, target.text, owner)
    this.#connection = new ClientConnection(options, this.#calls)
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

  /** Whether closing is all that is left to do, although our FIN may wait for a stuck link or for a PONG that nobody waits for. */
  get done(): boolean {
    return this.exhausted && !this.#calls.awaited
  }

  /** Whether all that it could still bring, now that everything is sent, are answers of what was given up. */
  get abandoned(): boolean {
    return this.done && !this.#link.busy && (this.#connection.inFlight > 0 || this.#calls.pongDue)
  }

  /** How many answers came, errors and PONGs included. */
  get answers(): number {
    return this.#calls.answers
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
    return this.#connection.end ?? this.#calls.goodbyeEnd
  }

  /** Sends a request. Throws UsageError for a name that cannot be sent. */
  greet(call: GreetCall): void {
    this.#calls.sentGreet(call, this.#connection.greet(call.text))
    this.#flushes.request(this.#connection.inFlight)
  }

  /** Sends a ping, or without `call` a PING of our own. */
  ping(call?: PingCall): void {
    this.#connection.ping()
    this.#calls.sentPing(call)
    this.flush()
  }

  giveUp(call: Call): void {
    if (!this.#calls.giveUp(call)) return
    this.#connection.cancel(call.id)
    this.#flushes.request(this.#connection.inFlight)
  }

  /** Whether a call that has timed out shows that the server is gone without a word; asks the server if that may be. */
  showsSilence(call: Call): boolean {
    const shown = this.#silence.shownBy(call)
    if (shown === 'suspected' && !this.#calls.pongDue) this.ping()
    return shown === 'gone'
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
    if (closing !== 'half-close' || this.#halfClosed) return
    this.#halfClosed = true
    this.#trace({ stage: 'half-close' })
    this.#link.halfClose()
  }

  // What the link tells.

  opened(addresses: LinkAddresses): void {
    this.#connected = true
    this.#silence.heard()
    this.#trace({ stage: 'connect', ...addresses, elapsedMs: performance.now() - this.startedAt })
    this.flush()
    if (this.open) this.#owner.opened(this)
  }

  data(chunk: Uint8Array): void {
    this.#trace({ stage: 'receive', bytes: chunk })
    this.#silence.heard()
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
    this.#calls.failPings()
    this.#trace({ stage: 'close', reason: error ? reasonOfTransport(error) : this.#closeReason })
    this.#owner.closed(this)
  }

  get #closeReason(): string {
    const { end = { why: 'closed' } } = this
    // Behind our own FIN, that of the server only completes what we began.
    return this.#halfClosed && end.why === 'fin' ? 'socket released' : reasonOf(end)
  }

  #settleEnd(): void {
    if (this.#connection.end) this.#calls.failPings()
    this.flush()
    this.#owner.changed(this)
  }

  #trace(stage: TraceStage): void {
    this.#setup.trace?.({ ...stage, connection: this.#serial })
  }
}
