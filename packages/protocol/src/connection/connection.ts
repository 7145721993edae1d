/**
 * What every server-side connection offers to the one that moves its bytes, whichever protocol it speaks.
 *
 * A connection is a synchronous state machine over bytes: no sockets, clocks or threads. Time comes in as `now`, in milliseconds
 * of any monotonic clock. The order of calls after each event is: the event, `takeOutput`, `outputAccepted`, then look at
 * `wantsRead` and `closing`.
 */

import type { GoodbyeReason, RequestErrorName } from '../error-codes.ts'

/** Why a request got no greeting. */
export interface RequestFailure {
  readonly code: RequestErrorName
  /** The limit in bytes, or the milliseconds to wait, where the code says so. Default 0. */
  readonly detail?: number
}

/** The end of a request: its greeting, or why there is none. */
export type Answer = string | RequestFailure

/** Where a connection sends its requests. Ids are those of the connection. */
export interface RequestHandler {
  /**
   * Takes a request. Returns its answer if that is known at once, otherwise undefined, and `Connection.reply` brings it after this
   * call has returned.
   */
  greet(id: number, name: string): Answer | undefined
  /**
   * What stands in front of the name in every greeting, if each greeting is this and the name. Then the connection may greet by itself,
   * and tells `greeted` instead of asking `greet`.
   */
  readonly greetingPrefix?: Uint8Array | undefined
  /** Told how many requests were taken and greeted without `greet`. */
  greeted?(count: number): void
  /** Gives up a request in flight. Returns the answer if it was still queued; a running one is answered by `reply` when it lets go. */
  cancel(id: number): Answer | undefined
  /** Gives up every request in flight of this connection; none of them is to be answered. */
  abandon(): void
}

/**
 * What the socket is to do once all output was taken: nothing, send FIN and go on reading, release the socket (everything was
 * delivered or given up), or reset it.
 */
export type Closing = 'no' | 'half-close' | 'close' | 'reset'

/** A connection as its driver sees it. */
export interface Connection {
  /** Takes a received chunk, judges it as far as a place in flight and room for output are free, and keeps the rest. */
  receive(chunk: Uint8Array, now: number): void
  /** Notes the peer's FIN, which takes effect behind the bytes kept. */
  end(now: number): void
  /** Notes that the socket is gone: requests in flight are abandoned, output is forgotten. */
  reset(): void
  /** Brings the answer of a request; appends its frame and judges nothing, so a handler may call it at any time. */
  reply(id: number, answer: Answer): void
  /** Judges on after a round of replies. */
  proceed(now: number): void
  /** Everything to be sent since the last call, in one piece; the connection lets go of it. */
  takeOutput(): Uint8Array | undefined
  /** Notes that the kernel took `count` bytes of what `takeOutput` gave. */
  outputAccepted(count: number, now: number): void
  /** Takes the memory of an output back, for the next one: the kernel has all of it, and nobody holds it any more. Need not be called. */
  releaseOutput(output: Uint8Array): void
  /** Says goodbye and answers what is in flight. What is left at `deadline` is reset. */
  drain(reason: GoodbyeReason, now: number, deadline: number): void
  /** Ends the connection with an error that the peer did not cause; requests in flight are abandoned. */
  fail(code: 'SERVER_FULL' | 'INTERNAL', now: number, detail?: number): void
  /** Acts on every timer that is due. */
  tick(now: number): void
  /** When the next timer is due, Infinity if none runs. */
  readonly deadline: number
  /** Whether received bytes would be judged now; if not, the socket is to be paused. */
  readonly wantsRead: boolean
  readonly closing: Closing
}
