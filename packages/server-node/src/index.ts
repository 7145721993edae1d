/** The Greetwire server on Node. */

export type {
  Greet,
  GreeterModule,
  GreeterObject,
  GreeterOption,
  ListenError,
  Log,
  ServeOptions,
  Server,
  ServerEvents,
  ServerOptions,
  ServerStats,
  SocketStage,
  Trace,
  TraceEvent,
} from '@greetwire/server-core'
export { serve } from './serve.ts'
