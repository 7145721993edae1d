/** Links by node:net and node:tls. */

import net from 'node:net'
import tls from 'node:tls'
import type { TlsOptions } from './client-options.ts'
import { ALPN_NAME, type Dialer, type Link, type LinkEvents, withPems } from './dialer.ts'
import type { Target } from './target.ts'

/** Opens links with Node's sockets; other runtimes that offer node:net can use it too. */
export const nodeDialer: Dialer = {
  runtime: 'node',
  dial: (target, tlsOptions, events) => new NodeLink(target, openSocket(target, tlsOptions), events),
}

function openSocket(target: Target, options: TlsOptions): net.Socket {
  if (target.kind === 'unix') return net.connect({ path: target.path, allowHalfOpen: true })
  const { host, port } = target
  const socket = target.kind === 'tcp' ? net.connect({ host, port, allowHalfOpen: true }) : openTls(host, port, options)
  return socket.setNoDelay(true)
}

function openTls(host: string, port: number, options: TlsOptions): tls.TLSSocket {
  const { ca, cert, key, serverName = host, rejectUnauthorized } = options
  const given = Object.fromEntries(Object.entries({ ca, cert, key }).filter(([, value]) => value !== undefined))
  const all = {
    host,
    port,
    ...given,
    rejectUnauthorized,
    // SNI carries names only; an address is checked against the certificate all the same.
    ...(net.isIP(serverName) ? {} : { servername: serverName }),
    checkServerIdentity: (_, certificate) => tls.checkServerIdentity(serverName, certificate),
    ALPNProtocols: [ALPN_NAME],
    minVersion: 'TLSv1.2',
    allowHalfOpen: true,
  } as tls.ConnectionOptions
  return withPems(() => tls.connect(all))
}

/** How long close_notify may take to leave, in milliseconds. */
const CLOSE_NOTIFY_MS = 2_000

class NodeLink implements Link {
  busy = false
  readonly #socket: net.Socket
  #error: Error | undefined
  /** Whether a TLS handshake is done. */
  #shaken = false
  #destroyed = false

  constructor(target: Target, socket: net.Socket, events: LinkEvents) {
    this.#socket = socket
    socket.on(target.kind === 'tls' ? 'secureConnect' : 'connect', () => {
      this.#shaken = target.kind === 'tls'
      events.opened(addressesOf(target, socket))
    })
    socket.on('data', (chunk: Uint8Array) => {
      if (!this.#destroyed) events.data(chunk)
    })
    socket.on('drain', () => {
      this.busy = false
      events.drained()
    })
    socket.on('end', () => {
      if (!this.#destroyed) events.fin()
    })
    socket.on('error', (error) => {
      this.#error = error
    })
    socket.on('close', () => events.closed(this.#destroyed ? undefined : this.#error))
  }

  write(bytes: Uint8Array): void {
    this.busy = !this.#socket.write(bytes)
  }

  halfClose(): void {
    this.#socket.end()
  }

  destroy(): void {
    const socket = this.#socket
    this.#destroyed = true
    if (!this.#shaken || this.busy || !socket.writable) {
      socket.destroy()
      return
    }
    // `destroy` alone would end TLS without close_notify; a server that does not take even that is not waited for.
    socket.setTimeout(CLOSE_NOTIFY_MS, () => socket.destroy())
    socket.destroySoon()
  }

  keepAlive(alive: boolean): void {
    // Without its handle a socket would put each of these calls off until it connects, and pile them up.
    if (this.#socket.destroyed) return
    if (alive) this.#socket.ref()
    else this.#socket.unref()
  }
}

function addressesOf(target: Target, socket: net.Socket): { local: string; remote: string } {
  if (target.kind === 'unix') return { local: 'unix', remote: target.path }
  return {
    local: `${socket.localAddress}:${socket.localPort}`,
    remote: `${socket.remoteAddress}:${socket.remotePort}`,
  }
}
