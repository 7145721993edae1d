// Fails on an import that points against the arrows between the packages, and on an import cycle between files.
//
// The arrows (docs/architecture.md): protocol <- server-core <- server-node | server-bun, protocol <- client, the command line
// imports all, conformance imports none of the packages it judges.

import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'

/** Of each package: the packages of ours that it may import, and what else. */
const ARROWS = {
  'packages/protocol': { ours: [], others: ['@sinclair/typebox'] },
  'packages/server-core': { ours: ['protocol'], others: ['@sinclair/typebox'] },
  'packages/server-node': { ours: ['protocol', 'server-core'], others: ['node:'] },
  'packages/server-bun': { ours: ['protocol', 'server-core'], others: ['node:', 'bun'] },
  'packages/client': { ours: ['protocol'], others: ['node:', 'bun', '@sinclair/typebox'] },
  'packages/conformance': { ours: [], others: ['node:'] },
  'apps/cli': {
    ours: ['protocol', 'server-core', 'server-node', 'server-bun', 'client', 'conformance'],
    others: ['node:', '@sinclair/typebox'],
  },
}

const IMPORT =
  /(?:^|\n)\s*(?:import|export)\s[^'"]*?from\s*['"]([^'"]+)['"]|(?:^|\n)\s*import\s*['"]([^'"]+)['"]|import\(\s*['"]([^'"]+)['"]\s*\)/g

const problems = []
const graph = new Map()
const done = new Set()

for (const [folder, allowed] of Object.entries(ARROWS)) {
  for (const file of sources(join(folder, 'src'))) {
    const imports = importsOf(file)
    for (const target of imports) checkArrow(folder, file, target, allowed)
    const own = imports.filter((target) => target.startsWith('.'))
    graph.set(
      file,
      own.map((target) => normalize(join(dirname(file), target))),
    )
  }
}
for (const file of graph.keys()) findCycle(file, [])

for (const problem of problems) console.error(problem)
console.log(`${graph.size} source files, ${problems.length} forbidden imports or cycles`)
process.exit(problems.length === 0 ? 0 : 1)

function sources(folder) {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && /\.(?:ts|mjs)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
}

function importsOf(file) {
  return [...readFileSync(file, 'utf8').matchAll(IMPORT)].map((match) => match[1] ?? match[2] ?? match[3])
}

function checkArrow(folder, file, target, { ours, others }) {
  if (target.startsWith('.')) {
    const inside = normalize(join(dirname(file), target)).startsWith(`${folder}/`)
    if (!inside) problems.push(`${file}: "${target}" leaves the package`)
    return
  }
  const name = /^@greetwire\/([^/]+)/.exec(target)?.[1]
  const isLegal = name
    ? ours.includes(name) || folder.endsWith(`/${name}`)
    : others.some((other) => target === other || target.startsWith(other.endsWith(':') ? other : `${other}/`))
  if (!isLegal) problems.push(`${file}: "${target}" is not among what ${folder} may import`)
}

function findCycle(file, path) {
  if (path.includes(file)) {
    problems.push(`import cycle: ${[...path.slice(path.indexOf(file)), file].join(' -> ')}`)
    return
  }
  if (done.has(file)) return
  for (const target of graph.get(file) ?? []) findCycle(target, [...path, file])
  done.add(file)
}
