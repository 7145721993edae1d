/** What the suite is run against: one of the server packages. The suite never asks which; `runtime` is for messages only. */

import type { Listener, ListenRequest, ServeOptions, Server } from '@greetwire/server-core'

/** A server package under test. */
export interface Target {
  /** `node` or `bun`. */
  readonly runtime: string
  /** The package's `serve`. */
  readonly serve: (options?: ServeOptions) => Promise<Server>
  /** The package's way to listen. */
  readonly listen: (request: ListenRequest) => Promise<Listener>
  /** The URL of the module that exports `serve`, for processes of their own. */
  readonly module: string
}

/** Both threading models. */
export const MODELS = ['pool', 'shard'] as const
