/** Who gets a port that several threads are to share: nobody may have it, or be about to have it. */

import {
  addressUrl,
  type ListenAddress,
  type Listener,
  ListenError,
  listenError,
  type ListenRequest,
} from './listener.ts'
import type { Log } from './log.ts'
import type { Runtime } from './runtime.ts'
import type { ServerStart } from './server-start.ts'

/** The ports of a server whose threads do not listen yet. */
export interface ReservedPorts {
  readonly port: number
  readonly textPort: number | undefined
  /** Gives up what only held a port until the shards listen on it. */
  release(): void
}

/**
 * Makes sure that nobody else listens on the ports, and picks those that are 0.
 *
 * The kernel would let another server share the port silently, so a fixed port is first asked for without sharing. A free port is
 * held by a listener, of which nobody knows yet, until the shards have it too.
 */
export async function reservePorts({ runtime, options, log }: ServerStart): Promise<ReservedPorts> {
  const holders: Listener[] = []
  const release = (): void => {
    for (const holder of holders) holder.stop()
  }
  const reserve = async (port: number): Promise<number> => {
    const reusePort = port === 0
    const address: ListenAddress = { host: options.host, port }
    const claim = port === 0 ? undefined : await claimStart(runtime, address, log)
    if (claim) holders.push(claim)
    const request: ListenRequest = { address, reusePort, tls: undefined, log, accept: refuse }
    const listener = await runtime.listen(request)
    if (reusePort) holders.push(listener)
    else listener.stop()
    return (listener.address as { port: number }).port
  }
  try {
    const port = await reserve(options.port)
    const textPort = options.textPort === undefined ? undefined : await reserve(options.textPort)
    return { port, textPort, release }
  } catch (error) {
    release()
    throw error
  }
}

/**
 * Keeps others off an address until the shards listen on it, which takes as long as their greeter needs to load: meanwhile nobody
 * listens there, and a second server would find the port free too. The name lies beside the port, in the abstract socket names of
 * Linux, because to listen on the port itself would be to take connections. Undefined where there are no such names.
 */
async function claimStart(runtime: Runtime, address: ListenAddress, log: Log): Promise<Listener | undefined> {
  const path = `\0greetwire starts on ${addressUrl(address)}`
  try {
    return await runtime.listen({
      address: { path },
      reusePort: false,
      tls: undefined,
      log,
      accept: refuse,
    })
  } catch (error) {
    if (error instanceof ListenError && error.code === 'EADDRINUSE')
      throw listenError(address, error.code, error.message)
    return undefined
  }
}

/** Nobody is to meet a listener that only holds a port. */
const refuse: ListenRequest['accept'] = (port) => {
  port.reset()
  return { data() {}, end() {}, written() {}, closed() {} }
}
