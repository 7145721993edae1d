/** What a server of either model is started with, once its options are checked. */

import type { GreeterSource } from './greeter-source.ts'
import type { Log } from './log.ts'
import type { Runtime } from './runtime.ts'
import type { ServerOptions } from './server-options.ts'
import type { Trace } from './socket-trace.ts'

/** What a server of either model is started with. */
export interface ServerStart {
  readonly runtime: Runtime
  readonly options: ServerOptions
  readonly greeter: GreeterSource
  readonly log: Log
  readonly trace: Trace | undefined
}
