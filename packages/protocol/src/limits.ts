/** The limits of the protocol with their defaults and caps (SPEC "Limits"). Values are bytes unless the name says otherwise. */

/** The bytes in front of every payload. */
export const HEADER_BYTES = 8

/** The payload limit both sides start with, and the lowest either side may advertise. */
export const DEFAULT_MAX_PAYLOAD = 4_096

/** The highest payload limit of version 1; it keeps the first byte of every frame 0x00. */
export const MAX_PAYLOAD_CAP = 65_535

/** The longest agent text in HELLO and WELCOME. */
export const MAX_AGENT = 255

/** The longest message text in ERROR and GOODBYE. */
export const MAX_MESSAGE = 1_024

/** The highest value of the header's id and of any u32 field. */
export const MAX_UINT32 = 0xffff_ffff

/** The versions of the protocol that this package speaks, inclusive. */
export const VERSIONS = { lowest: 1, highest: 1 } as const

/** The default of each limit that a WELCOME tells. */
export const SERVER_LIMIT_DEFAULTS = {
  maxName: 1_024,
  maxPayload: DEFAULT_MAX_PAYLOAD,
  maxInFlight: 256,
  idleTimeoutMs: 300_000,
} as const

/** The limits a server tells in its WELCOME. */
export interface ServerLimits {
  /** The longest name in bytes: 1 to `maxPayload`. */
  readonly maxName: number
  /** The longest payload the server accepts in bytes: 4,096 to 65,535. */
  readonly maxPayload: number
  /** How many requests of one connection may be in flight: 1 to 2^32−1. */
  readonly maxInFlight: number
  /** After how long without traffic the server says GOODBYE, in milliseconds; 0 is never. */
  readonly idleTimeoutMs: number
}
