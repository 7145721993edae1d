/** Starts a server on Node. */

import { type ServeOptions, type Server, startServer } from '@greetwire/server-core'
import { nodeRuntime } from './node-runtime.ts'

/**
 * Starts a server.
 *
 * ```ts
 * await using server = await serve({ port: 4356, greeter: (name) => `Hello ${name}` })
 * ```
 *
 * Throws UsageError for options or a greeter that cannot be, ListenError for a port that cannot be had.
 */
export function serve(options: ServeOptions = {}): Promise<Server> {
  return startServer(nodeRuntime, options, (level, line) => {
    if (level !== 'info') console.error(`greetwire: ${line}`)
  })
}
