/** What a session is made of, and whom it tells what happens. */

import type { ReceivedGoodbye } from '@greetwire/protocol'
import type { Call, GreetCall, PingCall } from './call.ts'
import type { ClientOptions } from './client-options.ts'
import type { Dialer } from './dialer.ts'
import type { Failure } from './failure.ts'
import type { Target } from './target.ts'
import type { Trace } from './trace.ts'

/** What every session of a client is made of. */
export interface SessionSetup {
  readonly target: Target
  readonly dialer: Dialer
  readonly options: ClientOptions
  readonly trace: Trace | undefined
}

/** Whoever opened a session. */
export interface SessionOwner<Session> {
  /** The session takes calls now. */
  opened(session: Session): void
  /** There may be more room, or none any more. Called once for each event, behind everything the event settled. */
  changed(session: Session): void
  goodbye(goodbye: ReceivedGoodbye): void
  greeted(call: GreetCall, greeting: string): void
  ponged(call: PingCall, milliseconds: number): void
  failed(call: Call, failure: Failure): void
  /** The session is gone; everything that waited in it has failed. */
  closed(session: Session): void
}
