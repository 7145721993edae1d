/** Runs in the runtime that is looked at: ends with exit code 0 if two threads of it can share a port, else says why on stderr. */

const { serve } = await ('Bun' in globalThis ? import('@greetwire/server-bun') : import('@greetwire/server-node'))
const server = await serve({ port: 0, threading: 'shard', threads: 2 })
await server.close()
