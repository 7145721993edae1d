/** TLS between the accept and the hand-over: the handshakes that are under way, and how each of them ends. */

import { ALPN_PROTOCOL, type ListenTls, type Log } from '@greetwire/server-core'
import type { PortSocket } from './socket-port.ts'

/** Takes a socket whose handshake is done. */
type TakeSecured = (socket: PortSocket) => void

/** The handshakes of one listener. */
export class TlsHandshakes {
  readonly #terms: ListenTls
  readonly #log: Log
  readonly #handOver: TakeSecured
  /** With the timer of each. */
  readonly #pending = new Map<PortSocket, NodeJS.Timeout>()
  #ended = false

  constructor(terms: ListenTls, log: Log, handOver: TakeSecured) {
    this.#terms = terms
    this.#log = log
    this.#handOver = handOver
  }

  /** What `Bun.listen` is to be told. */
  get options(): Bun.TLSOptions {
    const { certificates } = this.#terms
    const name = new TextEncoder().encode(ALPN_PROTOCOL)
    return {
      ...certificates,
      rejectUnauthorized: certificates.requestCert === true,
      // A plain string would negotiate nothing, silently: Bun wants the wire form, each name behind its length.
      ALPNProtocols: Buffer.from([name.length, ...name]),
    }
  }

  /** Waits for the handshake of who was accepted; closes at once if too many are under way already. */
  begin(socket: PortSocket): void {
    const { maxHandshakes, handshakeTimeoutMs } = this.#terms
    if (this.#ended || this.#pending.size >= maxHandshakes) {
      socket.terminate()
      return
    }
    this.#pending.set(socket, this.#timer(socket, handshakeTimeoutMs))
  }

  /** Hands over, if all is well; `success` is true for certificates of the wrong authority too. */
  finish(socket: PortSocket, success: boolean, cause: Error | null): void {
    if (!this.#forget(socket)) return
    const isRefused = this.#terms.certificates.requestCert === true && !socket.authorized
    if (success && !isRefused) {
      this.#handOver(socket)
      return
    }
    this.#log('info', `TLS handshake failed${cause ? `: ${cause.message}` : ''}`)
    // After a failure of its own Bun sends the alert and closes by itself.
    if (success) socket.terminate()
  }

  /** Notes that a socket is gone. */
  closed(socket: PortSocket): void {
    if (this.#forget(socket)) this.#log('info', 'TLS handshake failed: the client is gone')
  }

  /** Ends those that are under way; nothing is handed over any more. */
  endAll(): void {
    this.#ended = true
    for (const socket of this.#pending.keys()) {
      this.#forget(socket)
      socket.terminate()
    }
  }

  #timer(socket: PortSocket, timeoutMs: number): NodeJS.Timeout {
    const timer = setTimeout(() => {
      this.#forget(socket)
      this.#log('info', 'TLS handshake failed: TLS handshake timeout')
      socket.terminate()
    }, timeoutMs)
    return timer.unref()
  }

  /** Whether it was under way. */
  #forget(socket: PortSocket): boolean {
    clearTimeout(this.#pending.get(socket))
    return this.#pending.delete(socket)
  }
}
