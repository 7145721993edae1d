/**
 * What the client needs of a runtime: a stream of bytes to a target. Each runtime fills these interfaces; nothing else in this
 * package names a runtime.
 */

import { UsageError } from '@greetwire/protocol'
import type { TlsOptions } from './client-options.ts'
import type { Target } from './target.ts'

/** The protocol name offered by ALPN (SPEC "TLS"). */
export const ALPN_NAME = 'greetwire'

/** What happens on a link. Nothing is called after `closed`, which is called exactly once, whatever happened before. */
export interface LinkEvents {
  /** The stream can be used; with TLS, the handshake is done and the certificate was checked. */
  opened(addresses: LinkAddresses): void
  /** Bytes came; they belong to the receiver of the call. */
  data(chunk: Uint8Array): void
  /** What was written has left; the link is not busy any more. */
  drained(): void
  /** The peer sent FIN. */
  fin(): void
  /** The link is gone; with `error` unless it was asked for or clean. */
  closed(error: Error | undefined): void
}

/** Both ends of an open link, as text. */
export interface LinkAddresses {
  readonly local: string
  readonly remote: string
}

/** One stream of bytes. */
export interface Link {
  /** Whether bytes of the last `write` have not left yet. */
  readonly busy: boolean
  /**
   * Sends bytes, which the caller lets go of. Only legal on an open link that is not busy. Their buffer is not to be transferred or
   * written to: other output may lie in it.
   */
  write(bytes: Uint8Array): void
  /** Sends FIN behind what was written and goes on receiving. */
  halfClose(): void
  /** Gives the link up at once, also while it is being opened; inside TLS behind close_notify, if that can leave. */
  destroy(): void
  /** Whether the link keeps the process alive. It does at first. */
  keepAlive(alive: boolean): void
}

/** Makes a socket; throws UsageError for keys or certificates that the runtime does not take. */
export function withPems<Socket>(open: () => Socket): Socket {
  try {
    return open()
  } catch (error) {
    const { message } = error as Error
    throw new UsageError(
      `Cannot use TLS: each of tls.ca, tls.cert and tls.key is a PEM text, and the key is that of the certificate; ${message}`,
      { cause: error },
    )
  }
}

/** Opens links. */
export interface Dialer {
  /** The runtime it uses, for messages. */
  readonly runtime: string
  /**
   * Begins to open a link; every outcome, a failure included, comes by `events`, never before this returns. Throws UsageError for
   * TLS options that cannot be.
   */
  dial(target: Target, tls: TlsOptions, events: LinkEvents): Link
}
