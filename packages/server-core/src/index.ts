/** What the two servers share. Not for direct use: take @greetwire/server-node or @greetwire/server-bun. */

export type { Greet, GreeterModule, GreeterObject, GreeterOption, ModuleUrl } from './greeter.ts'
export {
  ALPN_PROTOCOL,
  certificateError,
  type ListenAddress,
  ListenError,
  listenError,
  type Listener,
  type ListenRequest,
  type ListenTls,
  peerName,
  type SocketStage,
} from './listener.ts'
export type { Log } from './log.ts'
export { runThread } from './run-thread.ts'
export type { Runtime } from './runtime.ts'
export { environmentName, resolveServerOptions, SERVER_OPTIONS_SCHEMA, type ServerOptions } from './server-options.ts'
export type { ServeOptions, Server, ServerEvents, ServerStats } from './server.ts'
export type { SocketEvents, SocketPort } from './socket-port.ts'
export type { Trace, TraceEvent } from './socket-trace.ts'
export { startServer } from './start-server.ts'
export type { StartOrder, ThreadOrder, ThreadReport } from './thread-messages.ts'
export type { ThreadSide } from './thread-side.ts'
export type { ThreadEvents, ThreadHandle, ThreadSpawner } from './thread-spawner.ts'
