/** What a client tells of its sockets, stage by stage, for logs and tools. */

import type { LinkAddresses } from './dialer.ts'

/** One stage of a socket's life. */
export type TraceStage =
  | { readonly stage: 'socket'; readonly target: string; readonly runtime: string }
  | ({ readonly stage: 'connect'; readonly elapsedMs: number } & LinkAddresses)
  /** `bytes` are cut as they went to and came from the socket, not at frames; do not change them or transfer their buffer. */
  | { readonly stage: 'send' | 'receive'; readonly bytes: Uint8Array }
  /** We sent our FIN. */
  | { readonly stage: 'half-close' }
  /** The server sent its FIN. */
  | { readonly stage: 'fin' }
  | { readonly stage: 'close'; readonly reason: string }

/** A stage, and which socket of the client it is about, counted from 1. */
export type TraceEvent = TraceStage & { readonly connection: number }

/** Takes what a client tells of its sockets; it must not block. What it throws is thrown again outside of the client. */
export type Trace = (event: TraceEvent) => void
