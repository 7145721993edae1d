/** The reference server as an adapter: `node server-main.ts [--bug NAME]… [--variant NAME]`. */
import { createInterface } from 'node:readline'
import type { Has } from './bugs.ts'
import { referenceFeatures, startReference, unknownOption } from './server.ts'
import type { ServerOptions } from '../../src/target/server-target.ts'

const traits = new Set(process.argv.slice(2).filter((argument) => !argument.startsWith('--')))
const has: Has = (trait) => traits.has(trait)

for await (const line of createInterface({ input: process.stdin })) {
  const options = JSON.parse(line) as ServerOptions
  if (unknownOption(options) !== undefined) process.exit(89)
  const server = await startReference(options, has)
  process.once('SIGTERM', () => {
    process.once('SIGTERM', () => process.exit(0))
    void server.drain().then(() => process.exit(0))
  })
  console.log(
    JSON.stringify({
      host: '127.0.0.1',
      port: server.port,
      textPort: server.textPort,
      pid: process.pid,
      features: referenceFeatures,
    }),
  )
  break
}
