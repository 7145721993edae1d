// Reports the sizes of source files; fails on one over 250 lines that does not say in the list below why it is one concept.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const LIMIT = 250
const LONGER_WITH_REASON = {
  'packages/protocol/src/connection/client-connection.ts':
    'the state machine of one connection of a client; its table, frames and output are siblings',
  'packages/client/src/dispatcher.ts':
    'the policy of a client: what is sent where and when, and that all of it settles; its parts are siblings',
}
const reasonFor = (file) => Object.keys(LONGER_WITH_REASON).find((path) => file.startsWith(path))

const sizes = []
for (const root of ['packages', 'apps', 'examples']) {
  for (const entry of readdirSync(root, { withFileTypes: true, recursive: true })) {
    const file = join(entry.parentPath, entry.name)
    if (!entry.isFile() || !entry.name.endsWith('.ts') || !/(?:^|\/)src\//.test(file) || file.includes('node_modules'))
      continue
    sizes.push({ file, lines: readFileSync(file, 'utf8').split('\n').length - 1 })
  }
}
sizes.sort((a, b) => a.lines - b.lines)

const tooLong = sizes.filter(({ file, lines }) => lines > LIMIT && !reasonFor(file))
const isStale = (path) => !sizes.some((size) => reasonFor(size.file) === path && size.lines > LIMIT)
const stale = Object.keys(LONGER_WITH_REASON).filter(isStale)
for (const { file, lines } of tooLong)
  console.error(
    `${file} has ${lines} lines, limit is ${LIMIT}: split it, or give its reason in scripts/check-file-size.mjs`,
  )
for (const path of stale)
  console.error(`${path} is not over ${LIMIT} lines: remove it from scripts/check-file-size.mjs`)

const longest = sizes.at(-1)
const median = sizes[Math.floor(sizes.length / 2)]
console.log(`${sizes.length} source files, median ${median.lines} lines, longest ${longest.lines} (${longest.file})`)
process.exit(tooLong.length + stale.length === 0 ? 0 : 1)
