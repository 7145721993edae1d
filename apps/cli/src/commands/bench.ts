/** `greet bench`: puts any server of the protocol under load and tells how fast it answers. */

import { readFile, writeFile } from 'node:fs/promises'
import { parseTarget } from '@greetwire/client'
import { type Static, Type } from '@sinclair/typebox'
import { parseLimits } from '../bench/bench-limit.ts'
import { comparisonLine, reportLines } from '../bench/bench-report.ts'
import { type BenchResult, benchResult } from '../bench/bench-result.ts'
import { startOwnServer } from '../bench/own-server.ts'
import { runLoad } from '../bench/run-load.ts'
import { CLIENT_TARGET_OPTIONS } from '../client-target.ts'
import { defineCommand } from '../command.ts'
import { CommandError } from '../exit-codes.ts'
import { type Io, writeEvent, writeLine } from '../io.ts'
import { JSON_EVENTS } from '../option-schema.ts'
import { quotedText } from '../printable-text.ts'
import { Progress } from '../progress.ts'
import type { RuntimeName } from '../runtime-binary.ts'

const { server, tlsCa, tlsInsecure } = CLIENT_TARGET_OPTIONS
const file = (description: string) => Type.Optional(Type.String({ minLength: 1, placeholder: 'FILE', description }))
const whole = (least: number, most: number, byDefault: number, short: string, description: string) =>
  Type.Integer({ minimum: least, maximum: most, default: byDefault, short, description })

const BENCH_SCHEMA = Type.Object({
  server,
  serve: Type.Optional(
    Type.String({
      minLength: 1,
      placeholder: 'node,bun',
      description: 'start servers of these runtimes and compare them',
    }),
  ),
  connections: whole(1, 10_000, 16, 'c', 'how many connections'),
  depth: whole(1, 65_536, 16, 'd', 'how many requests of a connection are in flight; the server has its own limit'),
  durationMs: Type.Integer({ minimum: 1, maximum: 86_400_000, default: 5_000, short: 'z', description: 'how long' }),
  requests: whole(0, 4_294_967_295, 0, 'n', 'stop after this many greetings; 0 is when the time is over'),
  rate: whole(
    0,
    10_000_000,
    0,
    'q',
    'requests a second, measured from when each was due; 0 is as fast as answers come',
  ),
  warmupMs: Type.Integer({
    minimum: 0,
    maximum: 3_600_000,
    default: 1_000,
    description: 'load before the measurement',
  }),
  name: Type.String({ minLength: 1, default: 'Ada', description: 'the name to send' }),
  limit: Type.Optional(
    Type.String({
      minLength: 1,
      placeholder: 'LIMIT',
      description: 'exit 6 unless met: p99<5ms, rate>100000, errors<1; several with commas',
    }),
  ),
  save: file('write the result as JSON'),
  compare: file('compare with a result that was saved'),
  tlsCa,
  tlsInsecure,
  json: JSON_EVENTS,
})

type BenchOptions = Static<typeof BENCH_SCHEMA>

/** The command. */
export const benchCommand = defineCommand({
  name: 'bench',
  usage: 'bench [options]',
  summary: 'put a server under load and measure it',
  schema: BENCH_SCHEMA,
  notes: [
    'Load and server share the machine unless the server is elsewhere: compare results, do not add them up.',
    '',
    'With --json, for each server:',
    '  {"event":"result","target":"tcp://…","connections":16,"depth":16,"perSecond":410000,"latencyMs":{"p50":0.4,…},…}',
    '  {"event":"limit","limit":"p99<5ms","met":true}',
  ],
  async run(options, _positionals, io) {
    const limits = options.limit === undefined ? [] : parseLimits(options.limit)
    const before = options.compare === undefined ? undefined : await readResult(options.compare)
    const results = await measureAll(options, io)
    for (const result of results) await tell(result, before, options, io)
    const [first, ...others] = results
    if (first && !options.json) for (const other of others) await writeLine(io.stdout, comparisonLine(other, first))
    if (options.save !== undefined) await writeFile(options.save, `${JSON.stringify(first, undefined, 2)}\n`)
    let allMet = true
    for (const limit of limits) {
      const met = results.every((result) => limit.isMet(result))
      allMet &&= met
      if (options.json) await writeEvent(io.stdout, 'limit', { limit: limit.text, met })
      else await writeLine(io.stdout, `limit ${limit.text}: ${met ? 'met' : 'missed'}`)
    }
    return allMet ? 'ok' : 'unmet'
  },
})

async function measureAll(options: BenchOptions, io: Io): Promise<BenchResult[]> {
  if (options.serve === undefined) return [await measure(options.server, options, io)]
  const results: BenchResult[] = []
  for (const runtime of runtimesOf(options.serve)) results.push(await measureOwn(runtime, options, io))
  return results
}

async function measureOwn(runtime: RuntimeName, options: BenchOptions, io: Io): Promise<BenchResult> {
  const own = await startOwnServer(runtime, io)
  let result: BenchResult
  let greeted: readonly number[] = []
  try {
    result = await measure(own.address, options, io)
  } finally {
    greeted = await own.stop()
  }
  const sum = greeted.reduce((total, count) => total + count, 0)
  return { ...result, runtime, ...(sum > 0 && { threadShares: greeted.map((count) => count / sum) }) }
}

async function measure(address: string, options: BenchOptions, io: Io): Promise<BenchResult> {
  const target = parseTarget(address)
  const progress = new Progress(io)
  const ca = options.tlsCa === undefined ? undefined : await readText(options.tlsCa, '--tls-ca')
  const load = { ...options, tls: { ca, rejectUnauthorized: !options.tlsInsecure } }
  const outcome = await runLoad(target, load, (histogram, elapsedMs) =>
    progress.show(() => {
      const perSecond = Math.round((histogram.count / elapsedMs) * 1_000).toLocaleString('en')
      const left = Math.max(0, (options.durationMs - elapsedMs) / 1_000).toFixed(0)
      return `${target.text}: ${perSecond} greetings/s, p99 ${histogram.percentile(0.99).toFixed(2)} ms, ${left} s left`
    }),
  )
  progress.clear()
  return benchResult(target.text, load, outcome)
}

async function tell(
  result: BenchResult,
  before: BenchResult | undefined,
  options: BenchOptions,
  io: Io,
): Promise<void> {
  if (options.json) await writeEvent(io.stdout, 'result', { ...result })
  else for (const line of [...reportLines(result, before), '']) await writeLine(io.stdout, line)
}

function runtimesOf(text: string): readonly RuntimeName[] {
  const names = text.split(',').map((name) => name.trim())
  for (const name of names) {
    if (name !== 'node' && name !== 'bun')
      throw new CommandError('usage', `Cannot read --serve: ${quotedText(name)} is not node or bun`)
  }
  return names as RuntimeName[]
}

async function readResult(path: string): Promise<BenchResult> {
  const text = await readText(path, '--compare')
  try {
    const result = JSON.parse(text) as BenchResult
    if (typeof result.perSecond === 'number' && typeof result.latencyMs.p99 === 'number') return result
  } catch {
    // It is told below, as any other text is that is no result.
  }
  throw new CommandError('usage', `Cannot read --compare ${quotedText(path)}: it is not a result that --save wrote`)
}

async function readText(path: string, flag: string): Promise<string> {
  return readFile(path, 'utf8').catch((error: unknown) => {
    const why = (error as Error).message
    throw new CommandError('usage', `Cannot read ${flag} ${quotedText(path)}: ${why}`, { cause: error })
  })
}
