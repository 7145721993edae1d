/**
 * A Bun socket as a SocketPort.
 *
 * Bun's `write` takes what the kernel takes and no more, so this port keeps the tail and goes on at `drain`. It closes with
 * `shutdown` while anything may be undelivered: `end` loses what was accepted (oven-sh/bun#35947).
 */

import type { SocketEvents, SocketPort } from '@greetwire/server-core'

/** The socket of a connection; `data` is where its port is found again. */
export type PortSocket = Bun.Socket<{ port: BunSocketPort | undefined }>

/** A socket that a session writes to. */
export class BunSocketPort implements SocketPort {
  readonly #socket: PortSocket
  #events: SocketEvents | undefined
  #tail: Uint8Array | undefined

  constructor(socket: PortSocket) {
    this.#socket = socket
  }

  /** Passes on what happens on the socket. */
  connect(events: SocketEvents): void {
    this.#events = events
  }

  get events(): SocketEvents | undefined {
    return this.#events
  }

  write(bytes: Uint8Array): number {
    const taken = this.#socket.write(bytes)
    if (taken < 0) return this.#lost()
    if (taken < bytes.length) this.#tail = bytes.subarray(taken)
    return taken
  }

  /** A write found that the peer has reset. `close` would not follow by itself while the socket is paused. */
  #lost(): number {
    queueMicrotask(() => this.#socket.terminate())
    return 0
  }

  /** The kernel has room again, or so it seems: Bun may say so for no reason (oven-sh/bun#37099). */
  drained(): void {
    const tail = this.#tail
    if (!tail) return
    this.#tail = undefined
    const taken = this.write(tail)
    if (taken > 0) this.#events?.written(taken)
  }

  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  halfClose(): void {
    this.#socket.shutdown()
  }

  close(): void {
    this.#socket.end()
  }

  reset(): void {
    this.#socket.terminate()
  }
}
