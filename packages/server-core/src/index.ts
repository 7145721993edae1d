/** What the two servers share. Not for direct use: take @greetwire/server-node or @greetwire/server-bun. */

export { ConnectionHost, type ConnectionHostOptions, type PortProtocol } from './connection-host.ts'
export { COUNTER_NAMES, type CounterName, sumCounters, ThreadCounters } from './counters.ts'
export type { Engine, Requester } from './engine.ts'
export type { Greet, GreeterModule, GreeterObject, GreeterOption, ModuleUrl } from './greeter.ts'
export type { Log } from './log.ts'
export { environmentName, resolveServerOptions, SERVER_OPTIONS_SCHEMA, type ServerOptions } from './server-options.ts'
export type { SocketEvents, SocketPort } from './socket-port.ts'
export { FairQueue } from './fair-queue.ts'
export { type GreeterSource, greeterSource } from './greeter-source.ts'
export { GreetingThread, type GreetingThreadPort } from './greeting-thread.ts'
export { type GreeterResult, type GreeterTally, GuardedGreeter } from './guarded-greeter.ts'
export { InlineEngine, type InlineEngineOptions } from './inline-engine.ts'
export { builtInGreeter, type ImportModule, loadGreeter } from './load-greeter.ts'
export type { SupervisedThread } from './supervised-thread.ts'
export { ThreadEngine, type ThreadEngineOptions } from './thread-engine.ts'
export { ThreadLedger } from './thread-ledger.ts'
export {
  type AnswersReport,
  type BatchOrder,
  type DrainOrder,
  type ForgetOrder,
  type StartOrder,
  THREAD_ORDER_SCHEMA,
  THREAD_REPORT_SCHEMA,
  type ThreadOrder,
  type ThreadReport,
} from './thread-messages.ts'
export type { ThreadEvents, ThreadHandle, ThreadSpawner } from './thread-spawner.ts'
export { type StartedThread, startThread, type ThreadStartPort } from './thread-start.ts'
  SUPERVISOR_DEFAULTS,
  type SupervisorOptions,
  type ThreadListener,
  type ThreadLoss,
  ThreadSupervisor,
} from './thread-supervisor.ts'
