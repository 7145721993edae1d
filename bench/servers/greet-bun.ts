/** Our server on Bun, as a process of its own: `greet-bun.ts shard|pool THREADS GREETER`. */

import { serve } from '@greetwire/server-bun'
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
