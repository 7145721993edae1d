/**
 * A `net.Socket` as a SocketPort.
 *
 * Node buffers without bound whatever the kernel does not take, so this port hands it one write at a time and reports that write as
 * taken only when the kernel has all of it.
 */

import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import type { SocketEvents, SocketPort } from '@greetwire/server-core'

/** How long the last bytes of a TLS connection may take to reach the kernel. */
const CLOSE_NOTIFY_MS = 2_000
const NOTHING = new Uint8Array(0)

/** A socket that a session writes to. */
export class NodeSocketPort implements SocketPort {
  readonly #socket: Socket
  readonly #tcp: Socket | undefined
  #events: SocketEvents | undefined
  #unwritten = 0

  /** `tcp` is what can be reset: the socket itself, or what its TLS runs on; a socket path has nothing of the kind. */
  constructor(socket: Socket, tcp: Socket | undefined) {
    this.#socket = socket
    this.#tcp = tcp
  }

  /** Passes on what happens on the socket. */
  connect(events: SocketEvents): void {
    this.#events = events
    const socket = this.#socket
    socket.on('data', (chunk: Buffer) => events.data(chunk))
    socket.on('end', () => events.end())
    // An error is always followed by 'close', which is all that a session needs to know.
    socket.on('error', () => {})
    socket.on('close', () => events.closed())
  }

  write(bytes: Uint8Array): number {
    this.#socket.write(bytes)
    // The kernel took all of it at once: libuv tries before it queues.
    if (this.#socket.writableLength === 0) return bytes.length
    this.#unwritten = bytes.length
    // Only now, and behind those bytes, something that tells when they are gone: a callback for each write costs a tick each.
    this.#socket.write(NOTHING, this.#written)
    return 0
  }

  readonly #written = (): void => {
    const count = this.#unwritten
    this.#unwritten = 0
    if (count > 0 && !this.#socket.destroyed) this.#events?.written(count)
  }

  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  halfClose(): void {
    this.#socket.end()
  }

  close(): void {
    const socket = this.#socket
    if (!(socket instanceof TLSSocket) || !socket.writable) {
      socket.destroy()
      return
    }
    // `destroy` alone would end TLS without close_notify; a client that does not take even that is not waited for.
    socket.setTimeout(CLOSE_NOTIFY_MS, () => socket.destroy())
    socket.destroySoon()
  }

  reset(): void {
    const { writableEnded, writableFinished } = this.#socket
    // While our FIN waits libuv refuses to reset, and Node would lose the descriptor.
    const canReset = !writableEnded || writableFinished
    // TLS ends with what it runs on. Node crashes if it is destroyed in the same turn.
    if (this.#tcp && canReset) this.#tcp.resetAndDestroy()
    else this.#socket.destroy()
  }
}
