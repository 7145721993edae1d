/** Listens on a TCP port or a socket path with `node:net`, plain or TLS, and hands over what it accepts. */

import net from 'node:net'
import { type ListenAddress, type Listener, listenError, type ListenRequest, peerName } from '@greetwire/server-core'
import { NodeSocketPort } from './socket-port.ts'
import { removeStaleSocket } from './stale-socket.ts'
import { TlsHandshakes } from './tls-handshakes.ts'

/** Listens, or throws ListenError or UsageError with what is wrong and what to do. */
export async function listen(request: ListenRequest): Promise<Listener> {
  const { address, reusePort } = request
  if ('path' in address) await removeStaleSocket(address.path)
  const handOver = (socket: net.Socket, transport: net.Socket | undefined): void => {
    const port = new NodeSocketPort(socket, 'path' in address ? undefined : transport)
    port.connect(request.accept(port, () => peerName(socket.remoteAddress, socket.remotePort)))
  }
  const handshakes = request.tls && new TlsHandshakes(request.tls, request.log, handOver)
  let acceptedCount = 0
  const server = net.createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    acceptedCount++
    if (handshakes) handshakes.begin(socket)
    else handOver(socket, socket)
  })
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
    endHandshakes() {
      handshakes?.endAll()
    },
  }
}

/** As many connections as may wait to be accepted; the kernel caps it at net.core.somaxconn. */
const BACKLOG = 4_096

/** The host stays as it was given: a name is good for whoever connects too. */
function boundAddress(server: net.Server, asked: ListenAddress): ListenAddress {
  return 'path' in asked ? asked : { host: asked.host, port: (server.address() as net.AddressInfo).port }
}
