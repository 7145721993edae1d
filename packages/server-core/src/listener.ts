/** What a runtime offers for listening, and how a failure to listen reads. */

import { UsageError } from '@greetwire/protocol'
import type { Log } from './log.ts'
import type { ServerOptions } from './server-options.ts'
import type { SocketEvents, SocketPort } from './socket-port.ts'

/** The name that TLS clients ask for; the version is negotiated by HELLO (SPEC "TLS"). */
export const ALPN_PROTOCOL = 'greetwire'

/** Where to listen. */
export type ListenAddress = { readonly host: string; readonly port: number } | { readonly path: string }

/** The stages of a socket's life, as `-v` shows them. */
export type SocketStage = 'socket' | 'bind' | 'listen' | 'accept' | 'receive' | 'send' | 'close'

/** What to listen on, and what to do with what is accepted. */
export interface ListenRequest {
  readonly address: ListenAddress
  /** Whether other threads listen on the same port. */
  readonly reusePort: boolean
  readonly tls?: ListenTls | undefined
  readonly log: Log
  /** Takes an accepted socket in; `peer` asks the system for its address. For TLS this is after the handshake. */
  accept(port: SocketPort, peer: () => string): SocketEvents
}

/** How to listen with TLS. */
export interface ListenTls {
  readonly certificates: NonNullable<ServerOptions['tls']>
  /** How long a handshake may take, at most what a timer of the runtimes takes. */
  readonly handshakeTimeoutMs: number
  /** How many handshakes may be under way; who comes beyond that is closed at once. */
  readonly maxHandshakes: number
}

/** A listening socket. */
export interface Listener {
  /** Where it listens; a port of 0 has become the real one. */
  readonly address: ListenAddress
  /** How many connections it accepted, those whose TLS handshake is not done included. */
  readonly acceptedCount: number
  /** Refuses new connections. Those accepted live on; those in the listen queue are reset. */
  stop(): void
  /** Ends the TLS handshakes that are under way; nothing is handed over any more. */
  endHandshakes(): void
}

/** Thrown when a server cannot listen; the message says what to do. */
export class ListenError extends Error {
  override readonly name = 'ListenError'
  /** The system's code, such as EADDRINUSE. */
  readonly code: string

  constructor(message: string, code: string) {
    super(message)
    this.code = code
  }
}

/** The URL of an address. */
export function addressUrl(address: ListenAddress, secure = false): string {
  if ('path' in address) return `unix://${address.path}`
  const host = address.host.includes(':') ? `[${address.host}]` : address.host
  return `${secure ? 'tls' : 'tcp'}://${host}:${address.port}`
}

/** The address of a peer for people; a peer on a socket path has none, nor has one that is gone already. */
export function peerName(host: string | undefined, port: number | undefined): string {
  if (host === undefined || port === undefined) return 'an unnamed socket'
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

/** Words a system's refusal to listen. */
export function listenError(address: ListenAddress, code: string | undefined, message: string): ListenError {
  const remedies = 'path' in address ? PATH_REMEDIES : PORT_REMEDIES
  return new ListenError(
    `Cannot listen on ${addressUrl(address)}: ${remedies[code ?? ''] ?? message}`,
    code ?? 'UNKNOWN',
  )
}

/** Words what a TLS library has against a key or a certificate. */
export function certificateError(message: string): UsageError {
  return new UsageError(
    `Cannot use TLS: each of tls.key, tls.cert and tls.ca is a PEM text, and the key is that of the certificate; ${message}`,
  )
}

const PORT_REMEDIES: Record<string, string> = {
  EADDRINUSE: 'it is in use; stop the program that listens there, or choose another port (0 picks a free one)',
  EACCES: 'permission denied; choose a port above 1023',
  EADDRNOTAVAIL: 'this machine has no such address; 127.0.0.1 is local, 0.0.0.0 is every address',
  ENOTSUP: 'this system cannot share a port between threads; use threading "pool"',
}

/** Node says EACCES for a folder that does not exist, too. */
const NO_FOLDER = 'its folder does not exist, or permission is denied; choose a path in a folder that you may write to'
const PATH_REMEDIES: Record<string, string> = {
  EADDRINUSE: 'it is in use; stop the program that listens there, or choose another path',
  EACCES: NO_FOLDER,
  ENOENT: NO_FOLDER,
  EINVAL: 'the path is longer than the system allows, about 100 bytes; choose a shorter one',
}
