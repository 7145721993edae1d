/**
 * The sessions of one thread: takes accepted sockets in, keeps count, sweeps their timers, drains them.
 *
 * One sweep serves all timers of all sessions, so a connection costs no timer object. The sweep is coarse on purpose: a timer is
 * never early and late by at most one period.
 */

import { type GoodbyeReason, ServerConnection, TextConnection } from '@greetwire/protocol'
import type { ThreadCounters } from './counters.ts'
import type { Engine } from './engine.ts'
import type { Log } from './log.ts'
import type { ServerOptions } from './server-options.ts'
import { Session, type SessionSurroundings } from './session.ts'
import type { SocketEvents, SocketPort } from './socket-port.ts'

/** The protocol a port serves. */
export type PortProtocol = 'framed' | 'text'

/** What a connection host needs. */
export interface ConnectionHostOptions {
  readonly options: ServerOptions
  readonly engine: Engine
  readonly counters: ThreadCounters
  /** How many connections the whole server has open, those that were refused and linger not counted. */
  countOpen(): number
  readonly log: Log
  now(): number
  /** A number from 0 to 1, for the jitter of the age limit. */
  random(): number
}

/** How long a client should wait after SERVER_FULL, in milliseconds. */
const RETRY_WHEN_FULL_MS = 1_000

/** Owns every session of its thread. */
export class ConnectionHost {
  readonly #host: ConnectionHostOptions
  readonly #surroundings: SessionSurroundings
  readonly #sessions = new Set<Session>()
  /** Those of the sessions that were refused and linger. */
  readonly #refused = new Set<Session>()
  #draining: { reason: GoodbyeReason; deadline: number } | undefined
  #whenEmpty: (() => void) | undefined

  constructor(host: ConnectionHostOptions) {
    this.#host = host
    this.#surroundings = { ...host, forget: (session) => this.#forget(session) }
  }

  /** How often `sweep` is to be called, in milliseconds: an eighth of the shortest timer, within 5 to 1,000. */
  get sweepPeriodMs(): number {
    const { options } = this.#host
    const timers = [
      options.idleTimeoutMs,
      options.frameTimeoutMs,
      options.stallTimeoutMs,
      options.lingerTimeoutMs,
      options.drainTimeoutMs,
      options.greeterTimeoutMs,
      options.maxAgeMs,
    ]
    const shortest = Math.min(...timers.filter((timer) => timer > 0))
    return Math.min(Math.max(Math.floor(shortest / 8), 5), 1_000)
  }

  /** Takes an accepted socket in; the caller passes on what happens on it. */
  accept(port: SocketPort, protocol: PortProtocol): SocketEvents {
    const { options, counters } = this.#host
    const full = this.#host.countOpen() >= options.maxConnections
    const Protocol = protocol === 'framed' ? ServerConnection : TextConnection
    const session = new Session(
      port,
      this.#surroundings,
      (handler, now) => new Protocol(this.#aged(options), handler, now),
    )
    this.#sessions.add(session)
    if (full) this.#refuse(session)
    else {
      counters.add('connectionsAccepted', 1)
      counters.add('connectionsOpen', 1)
    }
    // A TLS handshake may end after the drain began.
    if (this.#draining) session.drain(this.#draining.reason, this.#draining.deadline)
    return session
  }

  /** Acts on every timer of a connection that was due at `now`. */
  sweep(now: number): void {
    for (const session of this.#sessions) session.tick(now)
  }

  /** Says goodbye everywhere and resolves once every connection is gone, at `deadline` at the latest, given that `sweep` goes on. */
  async drain(reason: GoodbyeReason, deadline: number): Promise<void> {
    this.#draining = { reason, deadline }
    for (const session of this.#sessions) session.drain(reason, deadline)
    if (this.#sessions.size === 0) return
    await new Promise<void>((resolve) => {
      this.#whenEmpty = resolve
    })
  }

  /** Resets every connection. */
  resetAll(): void {
    for (const session of this.#sessions) session.reset()
  }

  #refuse(session: Session): void {
    this.#refused.add(session)
    this.#host.counters.add('connectionsRefused', 1)
    // A flood of refused connections that linger must not take memory either.
    if (this.#refused.size > this.#host.options.maxConnections) session.reset()
    else session.refuse(RETRY_WHEN_FULL_MS)
  }

  /** Connections that were opened together are not to be closed together (SPEC "Timers"): the age limit varies by ±10 %. */
  #aged(options: ServerOptions): ServerOptions {
    if (options.maxAgeMs === 0) return options
    return { ...options, maxAgeMs: options.maxAgeMs * (0.9 + 0.2 * this.#host.random()) }
  }

  #forget(session: Session): void {
    if (!this.#sessions.delete(session)) return
    if (!this.#refused.delete(session)) this.#host.counters.add('connectionsOpen', -1)
    if (this.#sessions.size === 0) this.#whenEmpty?.()
  }
}
