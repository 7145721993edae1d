/** What the two servers share. Not for direct use: take @greetwire/server-node or @greetwire/server-bun. */

export { ConnectionHost, type ConnectionHostOptions, type PortProtocol } from './connection-host.ts'
export { COUNTER_NAMES, type CounterName, sumCounters, ThreadCounters } from './counters.ts'
export type { Engine, Requester } from './engine.ts'
export type { Greet, GreeterModule, GreeterObject, GreeterOption, ModuleUrl } from './greeter.ts'
export type { Log } from './log.ts'
export { environmentName, resolveServerOptions, SERVER_OPTIONS_SCHEMA, type ServerOptions } from './server-options.ts'
export type { SocketEvents, SocketPort } from './socket-port.ts'
