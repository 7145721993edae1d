/** Links by Bun.connect. Importing this file is safe on every runtime; dialing needs Bun. */

import type { TlsOptions } from './client-options.ts'
import { ALPN_NAME, type Dialer, type Link, type LinkEvents, withPems } from './dialer.ts'
import type { Target } from './target.ts'

/** Opens links with Bun's own sockets. */
export const bunDialer: Dialer = {
  runtime: 'bun',
  dial: (target, tls, events) => new BunLink(target, tls, events),
}

/** What this file uses of a Bun socket. */
interface BunSocket {
  readonly localAddress: string
  readonly localPort: number
  readonly remoteAddress: string
  readonly remotePort: number
  write(bytes: Uint8Array, offset: number, length: number): number
  shutdown(): void
  end(): void
  terminate(): void
  ref(): void
  unref(): void
}

interface BunHandlers {
  open(socket: BunSocket): void
  handshake?(socket: BunSocket, success: boolean, error: Error | null): void
  data(socket: BunSocket, chunk: Uint8Array): void
  drain(): void
  end(): void
  error(socket: BunSocket, error: Error): void
  close(socket: BunSocket, error?: Error): void
}

declare const Bun: { connect(options: object): Promise<BunSocket> }

class BunLink implements Link {
  readonly #target: Target
  readonly #events: LinkEvents
  #socket: BunSocket | undefined
  #keepAlive = true
  /** What the kernel has not taken of the last write, from `#sent` on. */
  #tail: Uint8Array | undefined
  #sent = 0
  #halfClosing = false
  #finTold = false
  #error: Error | undefined
  #destroyed = false
  #closed = false

  constructor(target: Target, tls: TlsOptions, events: LinkEvents) {
    this.#target = target
    this.#events = events
    const place = target.kind === 'unix' ? { unix: target.path } : { hostname: target.host, port: target.port }
    const secure = target.kind === 'tls' ? { tls: tlsOptionsOf(target.host, tls) } : {}
    const socket = this.#handlers(target.kind === 'tls' && tls.rejectUnauthorized, target.kind === 'tls')
    const options = { ...place, ...secure, allowHalfOpen: true, socket }
    const connected = target.kind === 'tls' ? withPems(() => Bun.connect(options)) : Bun.connect(options)
    connected.catch((error: Error) => this.#close(error))
  }

  get busy(): boolean {
    return this.#tail !== undefined
  }

  write(bytes: Uint8Array): void {
    this.#tail = bytes
    this.#sent = 0
    this.#writeOn()
  }

  halfClose(): void {
    this.#halfClosing = true
    if (!this.busy) this.#socket?.shutdown()
  }

  destroy(): void {
    this.#destroyed = true
    // `end` sends a FIN but would drop a tail silently, so a link that is given up with one is reset.
    if (this.busy) this.#socket?.terminate()
    else this.#socket?.end()
    if (!this.#socket) this.#close(undefined)
  }

  keepAlive(alive: boolean): void {
    this.#keepAlive = alive
    if (alive) this.#socket?.ref()
    else this.#socket?.unref()
  }

  #handlers(checked: boolean, secure: boolean): BunHandlers {
    const handlers: BunHandlers = {
      open: (socket) => {
        this.#socket = socket
        if (this.#destroyed) socket.terminate()
        else if (!secure) this.#opened()
      },
      data: (_, chunk) => {
        if (!this.#destroyed) this.#events.data(chunk)
      },
      drain: () => this.#writeOn(),
      end: () => this.#fin(),
      error: (_, error) => {
        this.#error ??= error
      },
      close: (_, error) => this.#close(error ?? this.#error),
    }
    if (!secure) return handlers
    return {
      ...handlers,
      handshake: (socket, success, error) => {
        // An untrusted certificate is told here too, and it is left to us whether to go on; EPROTO alone is a failed handshake.
        const trusted = success && !error
        const shaken = success || (error !== null && (error as NodeJS.ErrnoException).code !== 'EPROTO')
        if (trusted || (shaken && !checked)) return this.#opened()
        this.#error = error ?? new Error('TLS handshake failed')
        socket.terminate()
      },
    }
  }

  #opened(): void {
    if (!this.#keepAlive) this.#socket?.unref()
    this.#events.opened(this.#addresses())
  }

  #writeOn(): void {
    if (!this.#tail || !this.#socket || this.#destroyed) return
    const written = this.#socket.write(this.#tail, this.#sent, this.#tail.length - this.#sent)
    // The close event follows; it would not say that the peer reset the connection.
    if (written < 0) this.#error ??= Object.assign(new Error('write ECONNRESET'), { code: 'ECONNRESET' })
    else this.#sent += written
    if (this.#sent < this.#tail.length) return
    const drained = this.#sent > written
    this.#tail = undefined
    if (this.#halfClosing) this.#socket.shutdown()
    if (drained) this.#events.drained()
  }

  #fin(): void {
    if (this.#destroyed || this.#finTold) return
    this.#finTold = true
    this.#events.fin()
  }

  #close(error: Error | undefined): void {
    if (this.#closed) return
    this.#closed = true
    // Bun may tell of a close from within the call that asked for it.
    queueMicrotask(() => {
      // Behind our own FIN, Bun tells of the peer's by closing the socket without an error.
      if (this.#halfClosing && !error) this.#fin()
      this.#events.closed(this.#destroyed ? undefined : error)
    })
  }

  #addresses(): { local: string; remote: string } {
    const { localAddress, localPort, remoteAddress, remotePort } = this.#socket as BunSocket
    if (this.#target.kind === 'unix') return { local: 'unix', remote: this.#target.path }
    return { local: `${localAddress}:${localPort}`, remote: `${remoteAddress}:${remotePort}` }
  }
}

function tlsOptionsOf(host: string, { ca, cert, key, serverName = host, rejectUnauthorized }: TlsOptions): object {
  // Bun takes ALPN names as they lie on the wire, each behind its length; a plain string would negotiate nothing.
  const ALPNProtocols = Uint8Array.from([ALPN_NAME.length, ...new TextEncoder().encode(ALPN_NAME)])
  const given = Object.fromEntries(Object.entries({ ca, cert, key }).filter(([, value]) => value !== undefined))
  return { ...given, serverName, rejectUnauthorized, ALPNProtocols }
}
