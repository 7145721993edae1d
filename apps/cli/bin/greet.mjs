#!/usr/bin/env node
import module from 'node:module'

const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 22 || (major === 22 && minor < 18)) {
  console.error(`greet needs Node 22.18 or newer, this is ${process.version}. In a clone, run: npx greet`)
  process.exit(2)
}
// Keeps compiled code in the system's folder for temporary files: half of the time to start. Bun has no such thing.
module.enableCompileCache?.()
// A dynamic import: a static one would be resolved before the check above could speak.
await import('@greetwire/cli/main')
