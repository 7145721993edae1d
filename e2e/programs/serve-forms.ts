/**
 * Servers whose greeters are given in every form, all in this one process. The runtime that runs this file decides which server it
 * is; the model is the first argument. Tells one address for each form.
 */

import type { ServeOptions } from '@greetwire/server-core'

const { serve } = await ('Bun' in globalThis ? import('@greetwire/server-bun') : import('@greetwire/server-node'))

const module = new URL('../greeters/forms.ts', import.meta.url)
const threading = process.argv[2] === 'shard' ? 'shard' : 'pool'

const servers = {
  object: await start({ module, export: 'polite' }),
  class: await start({ module, export: 'Formal' }),
  function: await start({ module, export: 'greet' }),
  default: await start(module),
  lambda: await start((name) => `Hi ${name}, said a lambda`),
}

function start(greeter: ServeOptions['greeter']) {
  return serve({ port: 0, threads: 1, threading, ...(greeter && { greeter }) })
}

const addresses = Object.entries(servers).map(([form, { address }]) => [form, address])
console.log(JSON.stringify({ event: 'listening', ...Object.fromEntries(addresses) }))

process.once('SIGTERM', () => void stop())

async function stop(): Promise<void> {
  await Promise.all(Object.values(servers).map((server) => server.close()))
  process.exit(0)
}
