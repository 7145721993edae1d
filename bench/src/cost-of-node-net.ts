/**
 * What a bare echo on `node:net` costs, part by part, against the C limit: why a server on Node cannot come nearer to it. Beside it
 * what the frames cost without any rule, and ours.
 *
 * `cost-of-node-net.ts [ROUNDS]` prints microseconds of the server's CPU time for a chunk, and the ratio to the limit, at depths 1,
 * 16 and 128: medians over the rounds.
 */

import { setPriority } from 'node:os'
import { fileURLToPath } from 'node:url'
import { requireMachine, wholeNumber } from './command-line.ts'
import { rotate, startRows } from './rotation.ts'
import { loadOf, NODE, type Row, rowCalled } from './rows.ts'
import { startProcess } from './server-process.ts'
import { median, ratio } from './statistics.ts'

const PARTS = [
  'plain',
  'frames',
  'corked',
  'readable',
  'no-readable',
  'no-writable',
  'no-streams',
  'onread',
  'no-streams-static-buffer',
] as const
const SCRIPT = fileURLToPath(new URL('../servers/echo-node-parts.ts', import.meta.url))

function partRow(part: string): Row {
  return {
    name: part,
    text: `Node, part by part: ${part}`,
    missing: () => undefined,
    start: (cores) =>
      startProcess({ command: NODE, words: ['--expose-internals', '--no-warnings', SCRIPT, part], cores }),
    load: loadOf(part === 'frames' ? 'greet' : 'echo'),
  }
}

const rounds = wholeNumber('ROUNDS', process.argv[2], 1, 7)
requireMachine()
const cores = { server: '0', load: '1' }
// Keeps the work of others out, where we may.
if (process.getuid?.() === 0) setPriority(-15)
const running = await startRows(
  [rowCalled('limit'), rowCalled('node-shard-built-in'), ...PARTS.map(partRow)],
  cores.server,
  console.log,
)
for (const { row, process: server } of running) await row.load(server, { depth: 16, seconds: 1 }, cores.load)
for (const depth of [1, 16, 128]) {
  const results = await rotate(running, { depth, seconds: 0.4, warmup: 0.1, spin: 1 }, rounds, cores, console.log)
  const limit = (results['limit'] ?? []).map(({ perCpuSecond }) => perCpuSecond)
  console.log(`depth ${depth}`)
  for (const [name, measured] of Object.entries(results)) {
    const rates = measured.map(({ perCpuSecond }) => perCpuSecond)
    const microseconds = (1e6 * depth) / median(rates)
    console.log(`  ${name.padEnd(26)} ${microseconds.toFixed(2)} µs  ${ratio(rates, limit).median.toFixed(2)}`)
  }
}
await Promise.all(running.map(({ process: server }) => server.stop()))
