/**
 * Ties one socket to one connection and one engine: the only place that moves bytes, and the only backpressure policy.
 *
 * Whatever happens on the socket is told to the connection; then the connection's output goes to the socket, reading is paused or
 * resumed, and the socket is closed, as the connection says. A session does not know which protocol it carries, nor the runtime.
 */

import type { Answer, Connection, GoodbyeReason, RequestHandler } from '@greetwire/protocol'
import type { ThreadCounters } from './counters.ts'
import type { Engine, Requester } from './engine.ts'
import type { Log } from './log.ts'
import type { SocketEvents, SocketPort } from './socket-port.ts'

/** What the sessions of one thread have in common. */
export interface SessionSurroundings {
  readonly engine: Engine
  readonly counters: ThreadCounters
  readonly log: Log
  /** Milliseconds of a monotonic clock. */
  now(): number
  /** Told once, when the socket is gone. */
  forget(session: Session): void
}

/** Makes the connection that a session drives. */
export type ConnectionFactory = (handler: RequestHandler, now: number) => Connection

/** One accepted socket. */
export class Session implements SocketEvents, Requester, RequestHandler {
  readonly #port: SocketPort
  readonly #surroundings: SessionSurroundings
  readonly #connection: Connection
  /** Bytes of the last write that the kernel has not taken yet. */
  #unwritten = 0
  #paused = false
  #halfClosed = false
  #gone = false

  constructor(port: SocketPort, surroundings: SessionSurroundings, createConnection: ConnectionFactory) {
    this.#port = port
    this.#surroundings = surroundings
    this.#connection = createConnection(this, surroundings.now())
  }

  // What the socket tells.

  data(chunk: Uint8Array): void {
    this.#surroundings.counters.add('bytesReceived', chunk.length)
    this.#step((connection, now) => connection.receive(chunk, now))
  }

  end(): void {
    this.#step((connection, now) => connection.end(now))
  }

  written(count: number): void {
    this.#unwritten -= count
    this.#step((connection, now) => connection.outputAccepted(count, now))
  }

  closed(): void {
    if (this.#gone) return
    this.#gone = true
    this.#connection.reset()
    this.#surroundings.forget(this)
  }

  // What the connection asks for.

  get greetingPrefix(): Uint8Array | undefined {
    return this.#surroundings.engine.greetingPrefix
  }

  greeted(count: number): void {
    this.#surroundings.counters.add('requests', count)
    this.#surroundings.engine.greeted?.(count)
  }

  greet(id: number, name: string): Answer | undefined {
    this.#surroundings.counters.add('requests', 1)
    return this.#surroundings.engine.greet(this, id, name)
  }

  cancel(id: number): Answer | undefined {
    return this.#surroundings.engine.cancel(this, id)
  }

  abandon(): void {
    this.#surroundings.engine.abandon(this)
  }

  // What the engine brings.

  reply(id: number, answer: Answer): void {
    this.#connection.reply(id, answer)
  }

  proceed(): void {
    this.#step((connection, now) => connection.proceed(now))
  }

  // What the server decides.

  /** Refuses the connection: the server has as many as it takes. */
  refuse(retryAfterMs: number): void {
    this.#step((connection, now) => connection.fail('SERVER_FULL', now, retryAfterMs))
  }

  /** Says goodbye; what is left at `deadline` is reset. */
  drain(reason: GoodbyeReason, deadline: number): void {
    this.#step((connection, now) => connection.drain(reason, now, deadline))
  }

  /** Acts on the timers that are due; called by the sweep. */
  tick(now: number): void {
    if (this.#connection.deadline <= now) this.#step((connection) => connection.tick(now))
  }

  /** Releases the socket at once, with RST. */
  reset(): void {
    try {
      this.#port.reset()
    } catch (error) {
      this.#surroundings.log('error', `Cannot reset a connection: ${String(error)}`)
    }
    this.closed()
  }

  /** Lets the connection act, then moves what came of it. A failure inside ends this connection, and never whoever called. */
  #step(act: (connection: Connection, now: number) => void): void {
    if (this.#gone) return
    const now = this.#surroundings.now()
    try {
      act(this.#connection, now)
      this.#move(now)
    } catch (error) {
      this.#surroundings.log('error', `Connection ended by a failure of the server: ${String(error)}`)
      this.#fail(now)
    }
  }

  /** Says that the server failed; if the failure is that nothing can be said, only the end is left. */
  #fail(now: number): void {
    try {
      this.#connection.fail('INTERNAL', now)
      this.#move(now)
    } catch {
      this.reset()
    }
  }

  #move(now: number): void {
    const connection = this.#connection
    // What the kernel takes at once makes room, so that the connection may judge on and have more to send.
    while (this.#unwritten === 0) {
      const output = connection.takeOutput()
      if (!output) break
      const taken = this.#write(output)
      if (this.#gone) return
      this.#unwritten = output.length - taken
      this.#surroundings.counters.add('bytesSent', output.length)
      if (this.#unwritten === 0) connection.releaseOutput(output)
      connection.outputAccepted(taken, now)
    }
    this.#setPaused(!connection.wantsRead)
    this.#close()
  }

  /** Behind bytes that are lost nothing can be said, so a socket that refuses them is let go. */
  #write(output: Uint8Array): number {
    try {
      return this.#port.write(output)
    } catch (error) {
      this.#surroundings.log('error', `Cannot write to a connection: ${String(error)}`)
      this.reset()
      return 0
    }
  }

  #setPaused(paused: boolean): void {
    if (paused === this.#paused) return
    this.#paused = paused
    if (paused) this.#port.pause()
    else this.#port.resume()
  }

  #close(): void {
    const { closing } = this.#connection
    if (closing === 'no') return
    if (closing === 'half-close') {
      if (!this.#halfClosed) this.#port.halfClose()
      this.#halfClosed = true
      return
    }
    if (closing === 'reset') return this.reset()
    this.#port.close()
    this.closed()
  }
}
