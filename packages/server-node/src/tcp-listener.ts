/** Listens on a TCP port or a socket path with `node:net`, plain or TLS, and hands over what it accepts. */

import net from 'node:net'
import tls from 'node:tls'
import {
  ALPN_PROTOCOL,
  certificateError,
  type ListenAddress,
  type Listener,
  listenError,
  type ListenRequest,
  peerName,
} from '@greetwire/server-core'
import { NodeSocketPort } from './socket-port.ts'
import { removeStaleSocket } from './stale-socket.ts'

/** Listens, or throws ListenError or UsageError with what is wrong and what to do. */
export async function listen(request: ListenRequest): Promise<Listener> {
  const { address, reusePort } = request
  if ('path' in address) await removeStaleSocket(address.path)
  const handOver = (socket: net.Socket): void => {
    const port = new NodeSocketPort(socket)
    port.connect(request.accept(port, () => peerName(socket.remoteAddress, socket.remotePort)))
  }
  const server = createServer(request, handOver)
  let acceptedCount = 0
  server.on('connection', () => acceptedCount++)
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(listenError(address, error.code, error.message)))
    if ('path' in address) server.listen({ path: address.path }, resolve)
    else server.listen({ host: address.host, port: address.port, reusePort, backlog: BACKLOG }, resolve)
  })
  server.on('error', (error) => request.log('error', `Cannot accept a connection: ${error.message}`))
  const bound = boundAddress(server, address)
  return {
    address: bound,
    get acceptedCount() {
      return acceptedCount
    },
    stop() {
      server.close()
    },
  }
}

/** As many connections as may wait to be accepted; the kernel caps it at net.core.somaxconn. */
const BACKLOG = 4_096

function createServer(request: ListenRequest, handOver: (socket: net.Socket) => void): net.Server {
  const sockets = { allowHalfOpen: true, noDelay: true }
  if (!request.tls) return net.createServer(sockets, handOver)
  const { handshakeTimeoutMs } = request
  const options: tls.TlsOptions = {
    ...sockets,
    ...request.tls,
    ALPNProtocols: [ALPN_PROTOCOL],
    rejectUnauthorized: request.tls.requestCert === true,
    ...(handshakeTimeoutMs > 0 && { handshakeTimeout: handshakeTimeoutMs }),
  }
  const server = createTlsServer(options, handOver)
  server.on('tlsClientError', (error, socket) => {
    request.log('info', `TLS handshake failed: ${error.message}`)
    // Node tells of a handshake that takes too long, and leaves the connection open.
    socket.destroy()
  })
  return server
}

function createTlsServer(options: tls.TlsOptions, handOver: (socket: net.Socket) => void): tls.Server {
  try {
    return tls.createServer(options, handOver)
  } catch (error) {
    throw certificateError((error as Error).message)
  }
}

function boundAddress(server: net.Server, asked: ListenAddress): ListenAddress {
  const bound = server.address()
  return bound === null || typeof bound === 'string' ? asked : { host: bound.address, port: bound.port }
}
