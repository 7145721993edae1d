/**
 * Where requests are greeted: here and now (inline engine) or by threads (thread engine).
 *
 * An engine knows requesters and names; it knows nothing of frames, sockets or connections.
 */

import type { Answer } from '@greetwire/protocol'

/** Who asked: a session. An engine may keep it as a key of a Map. */
export interface Requester {
  /** Brings the answer of a request that `Engine.greet` did not answer at once. Never called from inside `greet` or `cancel`. */
  reply(id: number, answer: Answer): void
  /** Ends a round of replies: the requester judges on and writes what they made. Called once a round for each requester replied to. */
  proceed(): void
}

/** What greets. */
export interface Engine {
  /** What stands in front of the name in every greeting, if each greeting is this and the name; see RequestHandler. */
  readonly greetingPrefix?: Uint8Array | undefined
  /**
   * Takes a request; its id is above those the requester used before. Returns its answer if that is known at once (also OVERLOADED),
   * otherwise undefined, and `reply` follows.
   */
  greet(requester: Requester, id: number, name: string): Answer | undefined
  /** Told how many requests the connection greeted by itself, with the prefix. */
  greeted?(count: number): void
  /** Gives up one request. Returns CANCELLED if its greeter was not started; otherwise undefined, and `reply` follows as for any other. */
  cancel(requester: Requester, id: number): Answer | undefined
  /** Gives up every request of a requester; none of them will be replied to. */
  abandon(requester: Requester): void
  /** Acts on every greeter timer that is due. */
  tick(now: number): void
}
