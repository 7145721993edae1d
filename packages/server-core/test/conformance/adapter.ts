/** Lets the conformance suite start a server: options as JSON on stdin, its address as JSON on stdout, exit code 89 for what it lacks. */

import { readFileSync, writeFileSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { pathToFileURL } from 'node:url'
import type { GreeterModule, ServeOptions, Server } from '../../src/index.ts'

/** What needs a word of its own; other options keep their names. */
const TRANSLATIONS: Record<string, (value: never) => Partial<ServeOptions>> = {
  text: () => ({ textPort: 0 }),
  greeter: () => ({ greeter: conformanceGreeter() }),
  executionLog: (file: string) => ({ greeter: conformanceGreeter(file) }),
  tls: ({ keyFile, certFile, caFile }: { keyFile: string; certFile: string; caFile?: string }) => ({
    tls: {
      key: readFileSync(keyFile, 'utf8'),
      cert: readFileSync(certFile, 'utf8'),
      ...(caFile && { ca: readFileSync(caFile, 'utf8'), requestCert: true }),
    },
  }),
}

/**
 * The suite's greeter. With a log it is a module written beside the log, which the suite removes with its folder: the environment of
 * the threads, which names the log, is not ours to change while we run.
 */
function conformanceGreeter(executionLog?: string): GreeterModule {
  const greeter = new URL('../../../conformance/src/greeter.ts', import.meta.url)
  if (executionLog === undefined) return { module: greeter }
  const module = `${executionLog}.${process.pid}.mjs`
  writeFileSync(
    module,
    `process.env['GREETWIRE_EXECUTION_LOG'] = ${JSON.stringify(executionLog)}
export { default } from ${JSON.stringify(greeter.href)}
`,
  )
  return { module: pathToFileURL(module) }
}

const SAME_NAME =
  'maxName maxPayload maxInFlight idleTimeoutMs frameTimeoutMs stallTimeoutMs lingerTimeoutMs drainTimeoutMs greeterTimeoutMs maxAgeMs ' +
  'maxConnections queueRequests threads'

/** Runs an adapter until it is told to stop. */
export async function runAdapter(
  serve: (options: ServeOptions) => Promise<Server>,
  threading: 'shard' | 'pool',
): Promise<void> {
  const asked = JSON.parse(await text(process.stdin)) as Record<string, never>
  let options: ServeOptions = { port: 0, threading, threads: 2 }
  // `executionLog` says more than `greeter`, so it comes behind it.
  for (const [option, value] of Object.entries(asked).toSorted(
    ([a], [b]) => Number(a === 'executionLog') - Number(b === 'executionLog'),
  )) {
    const translate = TRANSLATIONS[option]
    if (!translate && !SAME_NAME.split(' ').includes(option)) process.exit(89)
    options = { ...options, ...(translate ? translate(value) : { [option]: value }) }
  }
  const server = await serve(options)
  const features = ['text', 'threads', 'tls', 'conformance-greeter', 'execution-log', threading]
  // Before the address is known: the suite may stop us as soon as it reads it.
  process.once('SIGTERM', () => {
    process.once('SIGTERM', () => process.exit(0))
    void server.close().then(() => process.exit(0))
  })
  const { hostname: host, port } = new URL(server.address)
  const textPort = server.textAddress && Number(new URL(server.textAddress).port)
  console.log(JSON.stringify({ host, port: Number(port), textPort, pid: process.pid, features }))
}
