/** Opens the ports of a server, framed and text, onto one connection host. */

import type { ConnectionHost, PortProtocol } from './connection-host.ts'
import {
  addressUrl,
  type ListenAddress,
  type Listener,
  type ListenRequest,
  type ListenTls,
  type SocketStage,
} from './listener.ts'
import type { Log } from './log.ts'
import type { Runtime } from './runtime.ts'
import type { ServerOptions } from './server-options.ts'
import { type Accept, type Trace, traceConnections, type TraceSource } from './socket-trace.ts'

/** What to listen on and for whom. */
export interface ListenersOptions {
  readonly options: ServerOptions
  /** Whether other threads listen on the same ports. */
  readonly reusePort: boolean
  /** The index of the shard that listens; undefined in the main thread. */
  readonly thread: number | undefined
  readonly log: Log
  readonly trace?: Trace | undefined
}

/** The open ports of one thread. */
export interface Listeners {
  readonly address: ListenAddress
  readonly textAddress: ListenAddress | undefined
  /** Takes what the listen queues hold, then refuses new connections. */
  stop(): Promise<void>
  /** Ends the TLS handshakes that are under way; no connection comes in any more. */
  endHandshakes(): void
}

/** Listens on every port of the options, or on none and throws ListenError. */
export async function openListeners(
  runtime: Runtime,
  host: ConnectionHost,
  given: ListenersOptions,
): Promise<Listeners> {
  const { options } = given
  const framed = await open(runtime, host, given, 'framed', framedAddress(options))
  let text: Listener | undefined
  try {
    if (options.textPort !== undefined)
      text = await open(runtime, host, given, 'text', { host: options.host, port: options.textPort })
  } catch (error) {
    framed.stop()
    framed.endHandshakes()
    throw error
  }
  return {
    address: framed.address,
    textAddress: text?.address,
    async stop() {
      await emptyListenQueue(runtime, () => framed.acceptedCount + (text?.acceptedCount ?? 0))
      framed.stop()
      text?.stop()
    },
    endHandshakes() {
      framed.endHandshakes()
    },
  }
}

/**
 * Lets the event loop poll until it accepts nothing more, so that connections which the kernel has completed are not reset with
 * the queue.
 *
 * Node accepts one connection a turn. One turn without any is not enough: Bun runs what was yielded before it polls, and a poll
 * that began before the order to stop saw less. Who connects again and again must not keep the server from its end.
 */
async function emptyListenQueue(runtime: Runtime, countAccepted: () => number): Promise<void> {
  let accepted = countAccepted()
  for (let turn = 0, quietTurns = 0; turn < LONGEST_QUEUE && quietTurns < 3; turn++) {
    await new Promise<void>((resolve) => runtime.yield(resolve))
    const now = countAccepted()
    quietTurns = now === accepted ? quietTurns + 1 : 0
    accepted = now
  }
}

/** As many connections as a listen queue holds with the usual net.core.somaxconn. */
const LONGEST_QUEUE = 4_096

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
  const accept: Accept = (port) => host.accept(port, protocol)
  const request: ListenRequest = {
    address,
    reusePort,
    // The text protocol is for nc and the like, which speak no TLS.
    tls: protocol === 'framed' ? tlsTerms(options) : undefined,
    log,
    accept,
  }
  return trace ? openTraced(runtime, request, { thread, protocol }, trace) : runtime.listen(request)
}

/** Handshakes are bounded like what they become: a flood of them must not take memory that no limit counts. */
function tlsTerms({ tls, handshakeTimeoutMs, maxConnections }: ServerOptions): ListenTls | undefined {
  if (!tls) return undefined
  const timeoutMs = Math.min(handshakeTimeoutMs || LONGEST_TIMER_MS, LONGEST_TIMER_MS)
  return { certificates: tls, handshakeTimeoutMs: timeoutMs, maxHandshakes: maxConnections }
}

/** What a timer of the runtimes takes at most, 24 days; good for never. */
const LONGEST_TIMER_MS = 2_147_483_647

/** The runtimes create, bind and listen in one call, so the three stages are shown around it. */
async function openTraced(
  runtime: Runtime,
  request: ListenRequest,
  source: TraceSource,
  trace: Trace,
): Promise<Listener> {
  const { address, reusePort } = request
  const show = (stage: SocketStage, text: string): void => trace({ stage, ...source, text })
  show('socket', 'path' in address ? 'a unix stream socket' : `a TCP socket${reusePort ? ', SO_REUSEPORT' : ''}`)
  const accept = traceConnections((port, peer) => request.accept(port, peer), source, trace)
  const listener = await runtime.listen({ ...request, accept })
  const url = addressUrl(listener.address, request.tls !== undefined)
  show('bind', `to ${url}`)
  show('listen', `on ${url}`)
  return {
    address: listener.address,
    get acceptedCount() {
      return listener.acceptedCount
    },
    stop() {
      listener.stop()
      show('close', `no longer listening on ${url}`)
    },
    endHandshakes() {
      listener.endHandshakes()
    },
  }
}
