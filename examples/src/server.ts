import { serve } from '@greetwire/server-node' // or '@greetwire/server-bun': same options, same Server

const server = await serve({
  port: 4356,
  greeter: { module: new URL('./greeter.ts', import.meta.url), export: 'greet' },
})
console.log(`Listening on ${server.address} with ${server.threads} threads`)
process.once('SIGTERM', () => void server.close())
