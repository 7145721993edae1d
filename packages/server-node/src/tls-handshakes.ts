/** TLS between the accept and the hand-over: the handshakes that are under way, and how each of them ends. */

import { AsyncLocalStorage } from 'node:async_hooks'
import type net from 'node:net'
import tls from 'node:tls'
import { ALPN_PROTOCOL, certificateError, type ListenTls, type Log } from '@greetwire/server-core'

/** Takes a socket whose handshake is done; `transport` is what TLS runs on. */
type TakeSecured = (socket: net.Socket, transport: net.Socket | undefined) => void

/** The handshakes of one listener. */
export class TlsHandshakes {
  readonly #terms: ListenTls
  readonly #server: tls.Server
  readonly #pending = new Set<net.Socket>()
  /** Node does not tell which transport a secured socket runs on; what a handshake causes runs in the context that began it. */
  readonly #transport = new AsyncLocalStorage<net.Socket>()
  #ended = false

  /** Throws UsageError if the certificates are not what TLS takes. */
  constructor(terms: ListenTls, log: Log, handOver: TakeSecured) {
    this.#terms = terms
    this.#server = createServer(terms)
    this.#server.on('secureConnection', (socket) => {
      const transport = this.#transport.getStore()
      if (transport) this.#pending.delete(transport)
      // From here on the FIN of the client ends its side alone.
      socket.allowHalfOpen = true
      if (this.#ended) socket.destroy()
      else handOver(socket, transport)
    })
    this.#server.on('tlsClientError', (error, socket) => {
      if (!this.#ended) log('info', `TLS handshake failed: ${error.message}`)
      // Node tells of a handshake that takes too long, and leaves the connection open.
      socket.destroy()
    })
  }

  /** Shakes hands with who was accepted; closes at once if too many do that already. */
  begin(transport: net.Socket): void {
    // An error is always followed by 'close'.
    transport.on('error', () => {})
    if (this.#ended || this.#pending.size >= this.#terms.maxHandshakes) {
      transport.destroy()
      return
    }
    this.#pending.add(transport)
    // The TLS socket takes this over. If it were true, a FIN inside the handshake would go unnoticed.
    transport.allowHalfOpen = false
    transport.on('close', () => this.#pending.delete(transport))
    this.#transport.run(transport, () => this.#server.emit('connection', transport))
  }

  /** Ends those that are under way; nothing is handed over any more. */
  endAll(): void {
    this.#ended = true
    for (const transport of this.#pending) transport.destroy()
  }
}

function createServer({ certificates, handshakeTimeoutMs }: ListenTls): tls.Server {
  try {
    return tls.createServer({
      ...certificates,
      ALPNProtocols: [ALPN_PROTOCOL],
      rejectUnauthorized: certificates.requestCert === true,
      handshakeTimeout: handshakeTimeoutMs,
    })
  } catch (error) {
    throw certificateError((error as Error).message)
  }
}
