/** Decides whether and when a request is sent again (SPEC "Retry"). */

import { backoffMs } from './backoff.ts'
import type { GreetCall } from './call.ts'
import type { ClientOptions } from './client-options.ts'
import type { Failure } from './failure.ts'

/** How long to wait before the request is sent again, in milliseconds; undefined if it is not. */
export function retryDelayMs(call: GreetCall, { retry, delayMs }: Failure, options: ClientOptions): number | undefined {
  const { retries, reconnect, backoffMinMs, backoffMaxMs } = options
  const allowed = retry === 'freely' || (retry === 'once' && call.idempotent && !call.repeated)
  if (!allowed || call.retries >= retries) return undefined
  // After the end of a connection the distance between connections is what counts.
  if (delayMs === undefined) return reconnect ? 0 : undefined
  return Math.max(delayMs, backoffMs(call.retries + 1, backoffMinMs, backoffMaxMs, Math.random()))
}
