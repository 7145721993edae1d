/** Opens the ports of a server, framed and text, onto one connection host. */

import type { ConnectionHost, PortProtocol } from './connection-host.ts'
import type { ListenAddress, Listener } from './listener.ts'
import type { Log } from './log.ts'
import type { Runtime } from './runtime.ts'
import type { ServerOptions } from './server-options.ts'
import { type Accept, type Trace, traceConnections } from './socket-trace.ts'

/** What to listen on and for whom. */
export interface ListenersOptions {
  readonly options: ServerOptions
  /** Whether other threads listen on the same ports. */
  readonly reusePort: boolean
  /** The thread that listens: 0 is the main thread. */
  readonly thread: number
  readonly log: Log
  readonly trace?: Trace | undefined
}

/** The open ports of one thread. */
export interface Listeners {
  readonly address: ListenAddress
  readonly textAddress: ListenAddress | undefined
  /** Takes what the listen queues hold, then refuses new connections. */
  stop(): Promise<void>
}

/** Listens on every port of the options, or on none and throws ListenError. */
export async function openListeners(
  runtime: Runtime,
  host: ConnectionHost,
  given: ListenersOptions,
): Promise<Listeners> {
  const { options } = given
  const framed = await open(runtime, host, given, 'framed', framedAddress(options))
  if (options.textPort === undefined)
    return { address: framed.address, textAddress: undefined, stop: () => framed.stop() }
  try {
    const text = await open(runtime, host, given, 'text', { host: options.host, port: options.textPort })
    return {
      address: framed.address,
      textAddress: text.address,
      async stop() {
        await Promise.all([framed.stop(), text.stop()])
      },
    }
  } catch (error) {
    await framed.stop()
    throw error
  }
}

/** Where the framed protocol is served. */
export function framedAddress({ unix, host, port }: ServerOptions): ListenAddress {
  return unix === undefined ? { host, port } : { path: unix }
}

function open(
  runtime: Runtime,
  host: ConnectionHost,
  { options, reusePort, thread, log, trace }: ListenersOptions,
  protocol: PortProtocol,
  address: ListenAddress,
): Promise<Listener> {
  const plain: Accept = (port) => host.accept(port, protocol)
  return runtime.listen({
    address,
    reusePort,
    // The text protocol is for nc and the like, which speak no TLS.
    tls: protocol === 'framed' ? options.tls : undefined,
    handshakeTimeoutMs: options.handshakeTimeoutMs,
    log,
    accept: trace ? traceConnections(plain, thread, trace) : plain,
    ...(trace && { trace: (stage, text) => trace({ stage, thread, text }) }),
  })
}
