/** Listens on a TCP port or a socket path with `Bun.listen`, plain or TLS, and hands over what it accepts. */

import { certificateError, type Listener, listenError, type ListenRequest, peerName } from '@greetwire/server-core'
import { BunSocketPort, type PortSocket } from './socket-port.ts'
import { removeStaleSocket } from './stale-socket.ts'
import { TlsHandshakes } from './tls-handshakes.ts'

/** Listens, or throws ListenError or UsageError with what is wrong and what to do. */
export async function listen(request: ListenRequest): Promise<Listener> {
  const { address } = request
  if ('path' in address) await removeStaleSocket(address.path)
  const handOver = (socket: PortSocket): void => {
    const port = new BunSocketPort(socket)
    socket.data = { port }
    port.connect(request.accept(port, () => peerName(socket.remoteAddress, socket.remotePort)))
  }
  const handshakes = request.tls && new TlsHandshakes(request.tls, request.log, handOver)
  let acceptedCount = 0
  const listener = bind(request, handshakes, (socket) => {
    acceptedCount++
    socket.data = { port: undefined }
    if (handshakes) handshakes.begin(socket)
    else handOver(socket)
  })
  return {
    address: 'path' in address ? address : { host: listener.hostname, port: listener.port },
    get acceptedCount() {
      return acceptedCount
    },
    stop() {
      listener.stop()
    },
    endHandshakes() {
      handshakes?.endAll()
    },
  }
}

function bind(
  { address, reusePort, log }: ListenRequest,
  handshakes: TlsHandshakes | undefined,
  open: (socket: PortSocket) => void,
): Bun.TCPSocketListener<{ port: BunSocketPort | undefined }> {
  const options = {
    ...('path' in address ? { unix: address.path } : { hostname: address.host, port: address.port, reusePort }),
    allowHalfOpen: true,
    ...(handshakes && { tls: handshakes.options }),
    socket: {
      binaryType: 'uint8array' as const,
      // With TLS this comes before the handshake.
      open,
      ...(handshakes && {
        handshake: (socket: PortSocket, success: boolean, cause: Error | null) =>
          handshakes.finish(socket, success, cause),
      }),
      data: (socket: PortSocket, chunk: Uint8Array) => socket.data.port?.events?.data(chunk),
      drain: (socket: PortSocket) => socket.data.port?.drained(),
      end: (socket: PortSocket) => socket.data.port?.events?.end(),
      close: (socket: PortSocket) => {
        handshakes?.closed(socket)
        socket.data.port?.events?.closed()
      },
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
    if (handshakes && OF_TLS.test(code ?? '')) throw certificateError(message)
    throw listenError(address, code, message)
  }
}

/** The codes of what Bun's TLS library refuses. */
const OF_TLS = /^ERR_(OSSL|BORINGSSL)/
