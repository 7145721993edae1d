/**
 * What a session needs of a socket, and what it is told of it. Each runtime fills SocketPort; Bun's partial writes and Node's
 * unbounded buffering both end behind it.
 */

/** A connected socket. Calls after `closed` do nothing. */
export interface SocketPort {
  /**
   * Hands bytes over and returns how many the kernel took at once. If those are all, the port lets go of `bytes`, which will be written
   * into again; if not, it owns them, and reports what the kernel takes later by `written`. Not to be called again before all of them
   * were taken.
   */
  write(bytes: Uint8Array): number
  /** Stops reading; a chunk or two may still arrive. */
  pause(): void
  /** Reads on. */
  resume(): void
  /** Sends FIN behind everything written and goes on reading. */
  halfClose(): void
  /** Releases the socket; what the kernel has taken is still delivered. */
  close(): void
  /** Sends RST and releases the socket. */
  reset(): void
}

/** What happens on a socket, in order; nothing follows `closed`. */
export interface SocketEvents {
  /** Bytes arrived; the receiver may keep the chunk. */
  data(chunk: Uint8Array): void
  /** The peer's FIN arrived. */
  end(): void
  /** The kernel took `count` more bytes of the last `write`. */
  written(count: number): void
  /** The socket is gone, by whatever cause. */
  closed(): void
}
