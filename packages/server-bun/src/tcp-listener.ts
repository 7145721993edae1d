/** Listens on a TCP port or a socket path with `Bun.listen`, plain or TLS, and hands over what it accepts. */

import {
  ALPN_PROTOCOL,
  certificateError,
  type Listener,
  listenError,
  type ListenRequest,
  peerName,
} from '@greetwire/server-core'
import { BunSocketPort, type PortSocket } from './socket-port.ts'
import { removeStaleSocket } from './stale-socket.ts'

/** Listens, or throws ListenError or UsageError with what is wrong and what to do. */
export async function listen(request: ListenRequest): Promise<Listener> {
  const { address } = request
  if ('path' in address) await removeStaleSocket(address.path)
  let acceptedCount = 0
  const listener = bind(request, () => acceptedCount++)
  return {
    address: 'path' in address ? address : { host: listener.hostname, port: listener.port },
    get acceptedCount() {
      return acceptedCount
    },
    stop() {
      listener.stop()
    },
  }
}

function bind(
  request: ListenRequest,
  accepted: () => void,
): Bun.TCPSocketListener<{ port: BunSocketPort | undefined }> {
  const { address, reusePort, tls, log } = request
  const handOver = (socket: PortSocket): void => {
    const port = new BunSocketPort(socket)
    socket.data = { port }
    port.connect(request.accept(port, () => peerName(socket.remoteAddress, socket.remotePort)))
  }
  const options = {
    ...('path' in address ? { unix: address.path } : { hostname: address.host, port: address.port, reusePort }),
    allowHalfOpen: true,
    ...(tls && { tls: tlsOptions(tls) }),
    socket: {
      binaryType: 'uint8array' as const,
      open(socket: PortSocket) {
        accepted()
        socket.data = { port: undefined }
        if (tls) expectHandshake(socket, request.handshakeTimeoutMs)
        else handOver(socket)
      },
      // With TLS `open` comes before the handshake, and `success` is true for certificates of the wrong authority too. After a
      // failure Bun sends the alert and closes by itself.
      ...(tls && {
        handshake(socket: PortSocket, success: boolean) {
          if (!success) log('info', 'TLS handshake failed')
          else if (tls.requestCert && !socket.authorized) socket.terminate()
          else handOver(socket)
        },
      }),
      data: (socket: PortSocket, chunk: Uint8Array) => socket.data.port?.events?.data(chunk),
      drain: (socket: PortSocket) => socket.data.port?.drained(),
      end: (socket: PortSocket) => socket.data.port?.events?.end(),
      close: (socket: PortSocket) => socket.data.port?.events?.closed(),
      // Without this handler a throw in any other would end the thread.
      error: (socket: PortSocket, error: Error) => {
        log('error', `Connection ended by a failure of the server: ${error.message}`)
        socket.terminate()
      },
    },
  }
  try {
    // Bun's types lack `reusePort` (and `data` may be set later), its listener does not.
    return Bun.listen(options as unknown as Bun.TCPSocketListenOptions<{ port: BunSocketPort | undefined }>)
  } catch (error) {
    const { code, message } = error as { code?: string; message: string }
    if (tls && OF_TLS.test(code ?? '')) throw certificateError(message)
    throw listenError(address, code, message)
  }
}

/** The codes of what Bun's TLS library refuses. */
const OF_TLS = /^ERR_(OSSL|BORINGSSL)/

function expectHandshake(socket: PortSocket, timeoutMs: number): void {
  if (timeoutMs === 0) return
  const timer = setTimeout(() => {
    if (!socket.data.port) socket.terminate()
  }, timeoutMs)
  timer.unref()
}

function tlsOptions(tls: NonNullable<ListenRequest['tls']>): Bun.TLSOptions {
  const name = new TextEncoder().encode(ALPN_PROTOCOL)
  return {
    ...tls,
    rejectUnauthorized: tls.requestCert === true,
    // A plain string would negotiate nothing, silently: Bun wants the wire form, each name behind its length.
    ALPNProtocols: Buffer.from([name.length, ...name]),
  }
}
