/**
 * What the server's connections of both protocols do alike: they judge input in rounds, give their output away, run timers, and
 * close once nothing is left. What a frame or a line means, and which state follows, is the business of the protocol.
 */

import type { KeptBytes } from '../bytes/kept-bytes.ts'
import { OutputBuffer } from '../bytes/output-buffer.ts'
import { reuse } from '../bytes/output-memory.ts'
import type { GoodbyeReason } from '../error-codes.ts'
import { ConnectionTimers, type TimerOptions } from './connection-timers.ts'
import type { Answer, Closing, Connection } from './connection.ts'

/**
 * What a state comes to: requests are taken; only answers are due, input is still judged; input is read and thrown away; nothing
 * happens any more.
 */
export type Phase = 'taking' | 'answering' | 'discarding' | 'closed'

/** The server's side of a connection. @internal */
export abstract class JudgingConnection implements Connection {
  protected readonly timers: ConnectionTimers
  protected readonly output = new OutputBuffer()
  /** Whether judging stopped in front of a request that finds no place in flight. */
  protected stopped = false
  protected finReceived = false
  /** What the state comes to. A field, set with the state, because a look-up for each use costs more than a frame (bench/NOTES.md). */
  protected phase: Phase = 'taking'
  #closing: Closing = 'no'

  constructor(options: TimerOptions, now: number) {
    this.timers = new ConnectionTimers(options, now)
  }

  get closing(): Closing {
    return this.#closing
  }

  get wantsRead(): boolean {
    return this.phase === 'discarding' || (!this.stopped && !this.output.full)
  }

  get deadline(): number {
    return this.phase === 'closed' ? Infinity : this.timers.deadline(this.phase === 'taking')
  }

  receive(chunk: Uint8Array, now: number): void {
    if (this.phase === 'discarding' || this.phase === 'closed') return
    this.kept.append(chunk)
    this.judge(now)
  }

  end(now: number): void {
    this.finReceived = true
    this.judge(now)
  }

  reset(): void {
    if (this.phase !== 'closed') this.close('close')
  }

  abstract reply(id: number, answer: Answer): void

  proceed(now: number): void {
    this.judge(now)
  }

  takeOutput(): Uint8Array | undefined {
    return this.output.take()
  }

  outputAccepted(count: number, now: number): void {
    this.output.accepted(count)
    this.timers.setStalled(this.output.waiting > 0, count > 0, now)
    if (count > 0) this.timers.active(now)
    // Mostly nothing waited for that, and a round would find nothing to do.
    if (this.phase !== 'taking' || this.begun || this.finReceived) this.judge(now)
    else this.#updateIdle()
  }

  releaseOutput(output: Uint8Array): void {
    reuse(output)
  }

  drain(reason: GoodbyeReason, now: number, deadline: number): void {
    this.timers.drainBy(deadline)
    if (this.phase === 'taking') this.letGo(reason)
    this.judge(now)
  }

  abstract fail(code: 'SERVER_FULL' | 'INTERNAL', now: number, detail?: number): void

  tick(now: number): void {
    if (this.phase === 'closed') return
    const timer = this.timers.due(now, this.phase === 'taking')
    if (timer === undefined) return
    if (timer === 'stall' || timer === 'drain') return this.close('reset')
    if (timer === 'linger') return this.close('close')
    if (timer === 'frame') this.timeOut()
    else {
      this.timers.drainBy(this.timers.drainDeadline(now))
      this.letGo(timer === 'idle' ? 'IDLE' : 'MAX_AGE')
    }
    this.judge(now)
  }

  /** The bytes that are not judged yet. */
  protected abstract get kept(): KeptBytes
  /** Whether the peer has begun what it has not finished. */
  protected abstract get begun(): boolean
  /** How many requests wait for their answers. */
  protected abstract get inFlightCount(): number
  /** Judges as far as it goes, and sets `stopped`; returns whether a frame or line was completed. */
  protected abstract judgeInput(): boolean
  /** Acts on the peer's FIN: every byte before it has been judged. May be called again. */
  protected abstract judgeFin(): void
  /** Writes the error that ends the connection, if one is due: nothing is in flight. */
  protected abstract writeDueError(): void
  /** What is to be done with the socket: nothing is in flight, and the kernel has the output. */
  protected abstract whenDone(): 'close' | 'half-close' | undefined
  /** Takes no more requests; what is in flight is answered. */
  protected abstract letGo(reason: GoodbyeReason): void
  /** Ends the connection because something begun was not finished in time. */
  protected abstract timeOut(): void
  /** Changes the state to that behind our FIN, or behind everything, and throws away what is begun. */
  protected abstract leave(state: 'LINGERING' | 'CLOSED'): void
  /** Gives up every request in flight. */
  protected abstract abandon(): void

  /** One round: judges input, then the FIN behind it, then whether everything is done. */
  protected judge(now: number): void {
    if (this.phase === 'closed') return
    this.stopped = false
    const completed = this.judgeInput()
    if (this.finReceived && !this.stopped && (!this.output.full || this.phase === 'discarding')) this.judgeFin()
    this.#settle(now)
    this.#updateTimers(completed, now)
  }

  #settle(now: number): void {
    if (this.inFlightCount > 0) return
    this.writeDueError()
    if (this.output.waiting > 0) return
    const next = this.whenDone()
    if (next === 'close') this.close('close')
    if (next !== 'half-close') return
    this.leave('LINGERING')
    this.#closing = 'half-close'
    this.timers.linger(now)
  }

  #updateTimers(completed: boolean, now: number): void {
    this.kept.release()
    const { begun } = this
    if (completed) this.timers.active(now)
    this.timers.setFrameBegun(begun && this.wantsRead, completed, now)
    this.#updateIdle()
  }

  #updateIdle(): void {
    this.timers.setIdle(this.inFlightCount === 0 && !this.begun && this.output.waiting === 0)
  }

  /** Ends everything; the socket is released or reset. */
  protected close(how: 'close' | 'reset'): void {
    this.abandon()
    this.leave('CLOSED')
    this.#closing = how
    this.output.clear()
  }
}
