/**
 * Memory and scale: `pnpm bench:memory [--soak SECONDS] [--out FILE] [--runtime node|bun]`.
 *
 * Resident memory at 0, 1,000 and 10,000 idle connections; CPU time per request with 10,000 idle connections beside the load; a
 * peer that never reads; descriptors before and after churn; and, with --soak, memory over that many seconds of load.
 */

import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { openIdle, openNeverReading } from './idle-connections.ts'
import { runLoad } from './load.ts'
import { ourRow } from './rows.ts'
import type { RunningProcess } from './server-process.ts'
import { ratio } from './statistics.ts'
import { firstGreeting } from './start-up.ts'
import { surroundings } from './surroundings.ts'

const { values: options } = parseArgs({
  options: { soak: { type: 'string', default: '0' }, out: { type: 'string' }, runtime: { type: 'string' } },
})
const KIB = 1_024
const NEVER_READING = 200
const lines: string[] = []

for (const runtime of ['node', 'bun'] as const) {
  if (options.runtime !== undefined && options.runtime !== runtime) continue
  await withServer(runtime, idle)
  await withServer(runtime, neverReading)
  await withServer(runtime, besideIdle)
  await withServer(runtime, churn)
  if (Number(options.soak) > 0) await withServer(runtime, (server) => soak(server, runtime, Number(options.soak)))
}
if (options.out !== undefined) {
  const { date, machine, versions, command } = surroundings(`pnpm bench:memory ${process.argv.slice(2).join(' ')}`)
  const head = ['# Memory and scale', '', `${date}. ${machine}. ${versions}.`, `Command: \`${command}\`.`, '']
  writeFileSync(options.out, [...head, '| what | figure |', '|---|---|', ...lines, ''].join('\n'))
}

async function withServer(
  runtime: 'node' | 'bun',
  measure: (server: RunningProcess, runtime: string) => Promise<void>,
) {
  const server = await ourRow(runtime, 'shard', 'built-in').start(undefined)
  try {
    await firstGreeting(server.port)
    await measure(server, runtime)
  } finally {
    await server.stop()
  }
}

async function idle(server: RunningProcess, runtime: string): Promise<void> {
  const empty = await settled(server)
  tell(runtime, 'resident memory, no connection', `${mebibytes(empty)} MiB`)
  for (const count of [1_000, 10_000]) {
    const close = await openIdle(server.port, count)
    const bytes = (await settled(server)) - empty
    tell(runtime, `resident memory for each of ${count} idle connections`, `${(bytes / count / KIB).toFixed(2)} KiB`)
    await close()
  }
}

async function neverReading(server: RunningProcess, runtime: string): Promise<void> {
  // What the runtime's heap takes for traffic as such is there before.
  await runLoad(server.port, { depth: 128, seconds: 2 }, '1')
  const before = await settled(server)
  const peers = await Promise.all(Array.from({ length: NEVER_READING }, () => openNeverReading(server.port)))
  const each = ((await settled(server)) - before) / peers.length
  tell(runtime, 'resident memory for each peer that sends names and never reads', `${(each / KIB).toFixed(0)} KiB`)
  await Promise.all(peers.map((peer) => peer.close()))
}

async function besideIdle(server: RunningProcess, runtime: string): Promise<void> {
  const costs = { 0: [] as number[], 10_000: [] as number[] }
  await runLoad(server.port, { seconds: 2 }, '1')
  for (let round = 0; round < 5; round++) {
    costs[0].push(await costOfRequest(server))
    const close = await openIdle(server.port, 10_000)
    await settled(server)
    costs[10_000].push(await costOfRequest(server))
    await close()
    await settled(server)
  }
  const { median: middle, lowest, highest } = ratio(costs[10_000], costs[0])
  const text = `${middle.toFixed(2)} [${lowest.toFixed(2)} … ${highest.toFixed(2)}]`
  tell(runtime, 'CPU time for a request beside 10,000 idle connections, against none', text)
}

/** CPU seconds for a request at depth 16, with 64 connections. */
async function costOfRequest(server: RunningProcess): Promise<number> {
  const before = server.cpuSeconds()
  const { requests } = await runLoad(server.port, { seconds: 1, warmup: 0 }, '1')
  return (server.cpuSeconds() - before) / requests
}

async function churn(server: RunningProcess, runtime: string): Promise<void> {
  const run = (): Promise<unknown> => runLoad(server.port, { churn: 1, connections: 16, seconds: 3, warmup: 0 }, '1')
  await run()
  const before = { descriptors: await leastDescriptors(server), bytes: await settled(server) }
  await run()
  await run()
  const after = { descriptors: await leastDescriptors(server), bytes: await settled(server) }
  tell(runtime, 'descriptors before and after churn', `${before.descriptors}, ${after.descriptors}`)
  tell(runtime, 'resident memory before and after churn', `${mebibytes(before.bytes)}, ${mebibytes(after.bytes)} MiB`)
}

/** The fewest descriptors seen within the time that a connection may linger. */
async function leastDescriptors(server: RunningProcess): Promise<number> {
  let least = Infinity
  for (let round = 0; round < 12; round++) {
    await new Promise((resolve) => setTimeout(resolve, 250))
    least = Math.min(least, server.descriptors())
  }
  return least
}

async function soak(server: RunningProcess, runtime: string, seconds: number): Promise<void> {
  const samples: string[] = []
  const parts = 10
  for (let part = 0; part < parts; part++) {
    await runLoad(server.port, { connections: 64, depth: 16, rate: 20_000, seconds: seconds / parts, warmup: 0 }, '1')
    samples.push(mebibytes(server.residentBytes()))
  }
  tell(runtime, `resident memory over ${seconds} s of 20,000 requests/s`, `${samples.join(', ')} MiB`)
}

/** Resident memory once it no longer changes by more than a percent within half a second; after ten seconds whatever it is. */
async function settled(server: RunningProcess): Promise<number> {
  let last = server.residentBytes()
  for (let round = 0; round < 20; round++) {
    await new Promise((resolve) => setTimeout(resolve, 500))
    const now = server.residentBytes()
    if (Math.abs(now - last) < last / 100) return now
    last = now
  }
  return last
}

function mebibytes(bytes: number): string {
  return (bytes / KIB / KIB).toFixed(1)
}

function tell(runtime: string, what: string, figure: string): void {
  console.log(`${runtime} ${what}: ${figure}`)
  lines.push(`| ${runtime} ${what} | ${figure} |`)
}
