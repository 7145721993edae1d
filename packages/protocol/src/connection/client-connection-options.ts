/** How a client opens its connection, and the limits it sets itself. */

import { UsageError } from '../codec/usage-error.ts'
import { DEFAULT_MAX_PAYLOAD, MAX_PAYLOAD_CAP, MAX_UINT32 } from '../limits.ts'

/** The options of a ClientConnection. */
export interface ClientConnectionOptions {
  /** Whether a HELLO opens the connection; without one version 1 and the default limits hold. Default true. */
  readonly hello?: boolean
  /** The agent text of the HELLO, at most 255 bytes. Default empty. */
  readonly agent?: string
  /** The longest payload accepted, told by the HELLO: 4,096 to 65,535 bytes. Default 65,535; without a HELLO always 4,096. */
  readonly maxPayload?: number
  /** The most requests in flight, on top of the server's own limit. Default: the server's limit alone. */
  readonly maxInFlight?: number
  /** The id of the first request. Default 1. */
  readonly firstId?: number
}

/** The options with their defaults. Throws UsageError for a number out of range. @internal */
export function withClientDefaults(options: ClientConnectionOptions): Required<ClientConnectionOptions> {
  const { hello = true, agent = '', maxPayload = MAX_PAYLOAD_CAP, maxInFlight = MAX_UINT32, firstId = 1 } = options
  checkRange('maxPayload', maxPayload, DEFAULT_MAX_PAYLOAD, MAX_PAYLOAD_CAP)
  checkRange('maxInFlight', maxInFlight, 1, MAX_UINT32)
  checkRange('firstId', firstId, 1, MAX_UINT32)
  return { hello, agent, maxPayload: hello ? maxPayload : DEFAULT_MAX_PAYLOAD, maxInFlight, firstId }
}

function checkRange(option: string, value: number, lowest: number, highest: number): void {
  if (Number.isInteger(value) && value >= lowest && value <= highest) return
  throw new UsageError(
    `Cannot open a connection: ${option} is ${value}, allowed is an integer from ${lowest} to ${highest}`,
  )
}
