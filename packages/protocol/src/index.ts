/** The public surface of the protocol package. */

export { BadPayload, type Payload } from './codec/compile-codec.ts'
export { Text, type TextOptions, Uint16, Uint32, Uint8 } from './codec/fields.ts'
export { UsageError } from './codec/usage-error.ts'
export { ClientConnection } from './connection/client-connection.ts'
export type { ClientConnectionOptions } from './connection/client-connection-options.ts'
export type {
  ClientHandler,
  ConnectionEnd,
  Executed,
  ReceivedError,
  ReceivedGoodbye,
  ServerInfo,
  ServerViolation,
} from './connection/client-handler.ts'
export {
  CLIENT_TRANSITIONS,
  type ClientAction,
  type ClientInput,
  type ClientState,
  type ServerViolationCode,
} from './connection/client-transitions.ts'
export type { TimerOptions } from './connection/connection-timers.ts'
export type { Answer, Closing, Connection, RequestFailure, RequestHandler } from './connection/connection.ts'
export { ServerConnection, type ServerConnectionOptions } from './connection/server-connection.ts'
export { TextConnection } from './connection/text-connection.ts'
export { SERVER_TRANSITIONS, type ServerAction, type ServerInput, type ServerState } from './connection/transitions.ts'
export {
  ERROR_CODES,
  type ErrorName,
  type ErrorScope,
  errorName,
  errorScope,
  type FatalErrorName,
  GOODBYE_REASONS,
  type GoodbyeReason,
  goodbyeReason,
  type RequestErrorName,
  type RetryClass,
  retryClass,
} from './error-codes.ts'
export { decodePayload, type Frame, FrameDecoder, Violation } from './frames/frame-decoder.ts'
export { encodeFrame } from './frames/frame-encoder.ts'
export { GREASE_TYPES, isIgnorable } from './frames/frame-header.ts'
export {
  DEFAULT_MAX_PAYLOAD,
  HEADER_BYTES,
  MAX_AGENT,
  MAX_MESSAGE,
  MAX_PAYLOAD_CAP,
  MAX_UINT32,
  SERVER_LIMIT_DEFAULTS,
  type ServerLimits,
  VERSIONS,
} from './limits.ts'
export { Cancel } from './messages/cancel.ts'
export {
  defineMessage,
  type MessageDefinition,
  type MessageDescription,
  type MessageOf,
} from './messages/define-message.ts'
export { ErrorFrame } from './messages/error.ts'
export { Goodbye } from './messages/goodbye.ts'
export { Greeting } from './messages/greeting.ts'
export { Hello } from './messages/hello.ts'
export {
  CLIENT_MESSAGES,
  type Message,
  messageJsonSchemas,
  messageOfType,
  MESSAGES,
  SERVER_MESSAGES,
} from './messages/message-table.ts'
export { Name } from './messages/name.ts'
export { Ping } from './messages/ping.ts'
export { Pong } from './messages/pong.ts'
export { Welcome } from './messages/welcome.ts'
