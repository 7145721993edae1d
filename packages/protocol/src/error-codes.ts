/** The error codes and GOODBYE reasons of the protocol, each listed once with what it means (SPEC "Errors" and "Registries"). */

/** What an error hits: the whole connection (ERROR with id 0) or one request. */
export type ErrorScope = 'connection' | 'request'

/** What a client may do after an error: the class is the range in which the code lies (SPEC "Classes of codes"). */
export type RetryClass = 'never' | 'later' | 'freely' | 'if-idempotent'

/** One row of the code registry. `message` is the default text for people; nothing ever matches on it. */
interface ErrorRow {
  readonly code: number
  readonly message: string
}

/** The registry: name, code on the wire, text for people. */
export const ERROR_CODES = {
  PROTOCOL_VIOLATION: { code: 0x0001, message: 'A frame broke the rules of the protocol' },
  UNSUPPORTED_VERSION: { code: 0x0002, message: 'No version in common' },
  PAYLOAD_TOO_LARGE: { code: 0x0003, message: 'A frame announced a payload over the limit' },
  UNKNOWN_TYPE: { code: 0x0004, message: 'A frame had a type that must be understood and is not' },
  TIMEOUT: { code: 0x0081, message: 'A frame was begun and not finished in time' },
  SERVER_FULL: { code: 0x0082, message: 'The server has as many connections as it takes' },
  INTERNAL: { code: 0x0083, message: 'The server failed' },
  INVALID_NAME: { code: 0x0101, message: 'The name is empty, is not well-formed UTF-8 or holds a control character' },
  NAME_TOO_LONG: { code: 0x0102, message: 'The name is longer than the limit' },
  GREETER_FAILED: { code: 0x0103, message: 'The greeter failed' },
  GREETER_TIMEOUT: { code: 0x0104, message: 'The greeter took too long' },
  GREETING_TOO_LONG: { code: 0x0105, message: 'The greeting is longer than the limit' },
  CANCELLED: { code: 0x0106, message: 'The request was cancelled' },
  OVERLOADED: { code: 0x0201, message: 'The queue of the server is full' },
  THREAD_LOST: { code: 0x0301, message: 'The thread that ran the request died' },
} as const satisfies Record<string, ErrorRow>

/** The name of a registered error code. */
export type ErrorName = keyof typeof ERROR_CODES

/** The errors that end one request; their frame carries the id of the request. */
export type RequestErrorName =
  | 'INVALID_NAME'
  | 'NAME_TOO_LONG'
  | 'GREETER_FAILED'
  | 'GREETER_TIMEOUT'
  | 'GREETING_TOO_LONG'
  | 'CANCELLED'
  | 'OVERLOADED'
  | 'THREAD_LOST'

/** The errors that end the connection; their frame carries id 0. */
export type FatalErrorName = Exclude<ErrorName, RequestErrorName>

/** Why a server says GOODBYE. */
export const GOODBYE_REASONS = {
  SHUTTING_DOWN: { code: 0x0001, message: 'The server is shutting down' },
  IDLE: { code: 0x0002, message: 'The connection was idle' },
  MAX_AGE: { code: 0x0003, message: 'The connection reached its age limit' },
} as const satisfies Record<string, ErrorRow>

/** The name of a registered GOODBYE reason. */
export type GoodbyeReason = keyof typeof GOODBYE_REASONS

/** Codes with this bit are private; the rest of the code keeps its class. */
export const PRIVATE_CODE_BIT = 0x8000

const nameByCode = new Map<number, ErrorName>(
  Object.entries(ERROR_CODES).map(([name, row]) => [row.code, name as ErrorName]),
)
const reasonByCode = new Map<number, GoodbyeReason>(
  Object.entries(GOODBYE_REASONS).map(([name, row]) => [row.code, name as GoodbyeReason]),
)

/** The registered name of a code, or undefined for one that this version does not know. */
export function errorName(code: number): ErrorName | undefined {
  return nameByCode.get(code)
}

/** The registered name of a GOODBYE reason, or undefined. */
export function goodbyeReason(code: number): GoodbyeReason | undefined {
  return reasonByCode.get(code)
}

/** The scope of any code, known or not. */
export function errorScope(code: number): ErrorScope {
  return (code & ~PRIVATE_CODE_BIT) >> 8 === 0x00 ? 'connection' : 'request'
}

/** What a client may do after any code, known or not. The reserved classes from 0x04 count as 0x03 (SPEC "Classes of codes"). */
export function retryClass(code: number): RetryClass {
  const bare = code & ~PRIVATE_CODE_BIT
  if (bare >= 0x0080 && bare <= 0x00ff) return 'later'
  if (bare >> 8 === 0x02) return 'freely'
  return bare >> 8 >= 0x03 ? 'if-idempotent' : 'never'
}
