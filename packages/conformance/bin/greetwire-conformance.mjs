#!/usr/bin/env node
import { constants } from 'node:os'

const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 22 || (major === 22 && minor < 18)) {
  console.error(`greetwire-conformance needs Node 22.18 or newer, this is ${process.version}`)
  process.exit(2)
}
// An end by the signal itself would leave adapters and temporary files behind.
for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM'])
  process.once(signal, () => process.exit(128 + constants.signals[signal]))
// A dynamic import: a static one would be resolved before the check above could speak.
const { run } = await import('@greetwire/conformance')
process.exit(await run(process.argv.slice(2)))
