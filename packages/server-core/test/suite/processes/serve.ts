/** A server in a process of its own: `<module of serve> <options as JSON>`; prints its address, or why there is none. */

import type { ServeOptions, Server } from '@greetwire/server-core'

const [, , module = '', options = '{}'] = process.argv
const { serve } = (await import(module)) as { serve: (options: ServeOptions) => Promise<Server> }
try {
  const server = await serve(JSON.parse(options) as ServeOptions)
  console.log(server.address)
} catch (error) {
  console.log(String(error))
  process.exit(1)
}
