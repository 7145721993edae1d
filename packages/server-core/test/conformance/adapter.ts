/** Lets the conformance suite start a server: options as JSON on stdin, its address as JSON on stdout, exit code 89 for what it lacks. */

import { readFileSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import type { ServeOptions, Server } from '../../src/index.ts'

/** What the suite calls differently, or what needs a word of its own; other options keep their names. */
const TRANSLATIONS: Record<string, (value: never) => Partial<ServeOptions>> = {
  lingerMs: (lingerTimeoutMs: number) => ({ lingerTimeoutMs }),
  drainMs: (drainTimeoutMs: number) => ({ drainTimeoutMs }),
  queue: (queueRequests: number) => ({ queueRequests }),
  text: () => ({ textPort: 0 }),
  greeter: () => ({ greeter: { module: new URL('./greeter.ts', import.meta.url), export: 'greet' } }),
  executionLog(file: string) {
    process.env['GREETWIRE_EXECUTION_LOG'] = file
    return {}
  },
  tls: ({ keyFile, certFile, caFile }: { keyFile: string; certFile: string; caFile?: string }) => ({
    tls: {
      key: readFileSync(keyFile, 'utf8'),
      cert: readFileSync(certFile, 'utf8'),
      ...(caFile && { ca: readFileSync(caFile, 'utf8'), requestCert: true }),
    },
  }),
}
const SAME_NAME =
  'maxName maxPayload maxInFlight idleTimeoutMs frameTimeoutMs stallTimeoutMs greeterTimeoutMs maxAgeMs maxConnections threads'

/** Runs an adapter until it is told to stop. */
export async function runAdapter(
  serve: (options: ServeOptions) => Promise<Server>,
  threading: 'shard' | 'pool',
): Promise<void> {
  const asked = JSON.parse(await text(process.stdin)) as Record<string, never>
  let options: ServeOptions = { port: 0, threading, threads: 2 }
  for (const [option, value] of Object.entries(asked)) {
    const translate = TRANSLATIONS[option]
    if (!translate && !SAME_NAME.split(' ').includes(option)) process.exit(89)
    options = { ...options, ...(translate ? translate(value) : { [option]: value }) }
  }
  const server = await serve(options)
  const features = ['text', 'tls', 'conformance-greeter', 'execution-log', threading]
  const { hostname: host, port } = new URL(server.address)
  const textPort = server.textAddress && Number(new URL(server.textAddress).port)
  console.log(JSON.stringify({ host, port: Number(port), textPort, pid: process.pid, features }))
  process.once('SIGTERM', () => {
    process.once('SIGTERM', () => process.exit(0))
    void server.close().then(() => process.exit(0))
  })
}
