/**
 * A `net.Socket` as a SocketPort.
 *
 * Node buffers without bound whatever the kernel does not take, and tells of a write only when the kernel has all of it. So this port
 * keeps the bytes and hands Node one piece at a time: what the kernel takes while a client reads slowly is told piece by piece.
 */

import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import type { SocketEvents, SocketPort } from '@greetwire/server-core'

/** How long the last bytes of a TLS connection may take to reach the kernel. */
const CLOSE_NOTIFY_MS = 2_000
/** How much Node is handed at a time: small beside the buffers of the kernel, so that a reader is seen to read. */
const PIECE_BYTES = 65_536
const NOTHING = new Uint8Array(0)

/** A socket that a session writes to. */
export class NodeSocketPort implements SocketPort {
  readonly #socket: Socket
  readonly #tcp: Socket | undefined
  #events: SocketEvents | undefined
  /** The piece that Node has and the kernel has not, and what is to follow it. */
  #waitingBytes = 0
  #tail: Uint8Array = NOTHING

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
    let taken = 0
    while (taken < bytes.length) {
      const piece = bytes.length > PIECE_BYTES ? bytes.subarray(taken, taken + PIECE_BYTES) : bytes
      this.#socket.write(piece)
      // Zero if the kernel took all of it at once: libuv tries before it queues.
      if (this.#socket.writableLength > 0) {
        this.#waitingBytes = piece.length
        this.#tail = bytes.subarray(taken + piece.length)
        // Only now, and behind that piece, something that tells when it is gone: a callback for each write costs a tick each.
        this.#socket.write(NOTHING, this.#pieceTaken)
        break
      }
      taken += piece.length
    }
    return taken
  }

  readonly #pieceTaken = (): void => {
    if (this.#socket.destroyed) return
    const tail = this.#tail
    const taken = this.#waitingBytes
    this.#tail = NOTHING
    this.#events?.written(taken + this.write(tail))
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
    this.#tail = NOTHING
    const { writableEnded, writableFinished } = this.#socket
    // While our FIN waits libuv refuses to reset, and Node would lose the descriptor.
    const canReset = !writableEnded || writableFinished
    // TLS ends with what it runs on. Node crashes if it is destroyed in the same turn.
    if (this.#tcp && canReset) this.#tcp.resetAndDestroy()
    else this.#socket.destroy()
  }
}
