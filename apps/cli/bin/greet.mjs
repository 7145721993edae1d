#!/usr/bin/env node
const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 22 || (major === 22 && minor < 18)) {
  console.error(`greet needs Node 22.18 or newer, this is ${process.version}. In a clone, run: npx greet`)
  process.exit(2)
}
// A dynamic import: a static one would be resolved before the check above could speak.
await import('@greetwire/cli/main')
