/** Our server on Node, as a process of its own: `greet-node.ts shard|pool THREADS GREETER`. */

import { serve } from '@greetwire/server-node'
import { greeterCalled, type GreeterName } from './greeters.ts'
import { announce } from './announce.ts'

const [threading, threads, greeter] = process.argv.slice(2) as ['shard' | 'pool', string, GreeterName]
const server = await serve({
  port: 0,
  threading,
  threads: Number(threads),
  maxConnections: 20_000,
  ...greeterCalled(greeter),
})
announce(Number(new URL(server.address).port))
