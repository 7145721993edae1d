/** What the suite is run against: one of the server packages. The suite never asks which; `runtime` is for messages only. */

import type { Listener, ListenRequest, Runtime, ServeOptions, Server } from '@greetwire/server-core'

/** A server package under test. */
export interface Target {
  /** `node` or `bun`. */
  readonly runtime: string
  /** The package's `serve`. */
  readonly serve: (options?: ServeOptions) => Promise<Server>
  /** What the package gives to a server of server-core. */
  readonly platform: Runtime
  /** The package's way to listen. */
  readonly listen: (request: ListenRequest) => Promise<Listener>
  /** The URL of the module that exports `serve`, for processes of their own. */
  readonly module: string
}

/** Both threading models. */
export const MODELS = ['pool', 'shard'] as const
