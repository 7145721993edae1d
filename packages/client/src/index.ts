/** The public surface of the client. */

export {
  Client,
  type ClientEvents,
  connect,
  type ConnectOptions,
  type GreetOptions,
  type PingOptions,
} from './client.ts'
export {
  CLIENT_OPTIONS_SCHEMA,
  type ClientOptions,
  type GivenClientOptions,
  resolveClientOptions,
  TLS_OPTIONS_SCHEMA,
  type TlsOptions,
} from './client-options.ts'
export { defaultDialer } from './default-dialer.ts'
export type { Dialer, Link, LinkAddresses, LinkEvents } from './dialer.ts'
export type { Greeted, NotGreeted } from './greet-all.ts'
export type { GreetAllOptions } from './greet-all-options.ts'
export { GreetError, type GreetErrorCode, type GreetErrorDescription, type LocalErrorCode } from './greet-error.ts'
export { DEFAULT_PORT, parseTarget, type Target } from './target.ts'
export type { Trace, TraceEvent, TraceStage } from './trace.ts'
