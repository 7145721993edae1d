/** `greet bench`: puts any server of the protocol under load and tells how fast it answers. */

import { parseTarget } from '@greetwire/client'
import { parseLimits } from '../bench/bench-limit.ts'
import { comparisonLine, progressLine, reportLines } from '../bench/bench-report.ts'
import { type BenchResult, benchResult, isSilent } from '../bench/bench-result.ts'
import { BENCH_SCHEMA, type BenchOptions } from '../bench/bench-schema.ts'
import { compareSeries, seriesOf } from '../bench/bench-series.ts'
import type { LoadTally } from '../bench/load-tally.ts'
import { startOwnServer } from '../bench/own-server.ts'
import { runLoad } from '../bench/run-load.ts'
import { checkWritable, readSaved, saveResults } from '../bench/saved-results.ts'
import { clientTls } from '../client-target.ts'
import { defineCommand } from '../command.ts'
import { CommandError, type ExitName } from '../exit-codes.ts'
import { type Io, writeEvent, writeLine } from '../io.ts'
import { quotedText } from '../printable-text.ts'
import { Progress } from '../progress.ts'
import type { RuntimeName } from '../runtime-binary.ts'

/** The command. */
export const benchCommand = defineCommand({
  name: 'bench',
  usage: 'bench [options]',
  summary: 'put a server under load and measure it',
  schema: BENCH_SCHEMA,
  endsItself: true,
  notes: [
    'Load and server share the machine unless the server is elsewhere, so results are for comparison only. A request without an',
    'answer counts with the time it waited, and as an error; a connection that ends counts as an error too. An answer that is an',
    'error has no latency: no limit such as p99<5ms is met by a request that was not greeted. What a greeting says is not looked at.',
    'There is no result if a connection cannot be opened or all of them end; the exit code says why. It is 4 if no answer comes at',
    'all. Ctrl-C ends the measurement with what there is so far.',
    'A timeout of 0 is no limit.',
    '',
    'With --json, for each round of each server:',
    '  {"event":"result","round":1,"target":"tcp://…","agent":"…","maxInFlight":256,"load":"greet … on node …","date":"…",',
    '   "connections":16,"depth":16,"rate":0,"name":"Ada","warmupMs":1000,"elapsedMs":5000.1,"requests":2050000,"perSecond":410000,',
    '   "latencyMs":{"p50":0.4,…,"max":9.1},"spans":[{"fromMs":0.2,"toMs":0.4,"count":900000},…],"errors":{"OVERLOADED":2},',
    '   "endedConnections":{"the connection was reset":1},"unanswered":16,"loadShare":0.8,…}',
    '                with --rate also latenessMs, with --serve runtime and threadShares',
    'for each server but the first, and with --compare for each:',
    '  {"event":"comparison","of":"bun","with":"node","perSecond":{"median":1.2,"low":1.1,"high":1.3},"p50":{…},"p99":{…}}',
    'and for each limit, which every result has to meet:',
    '  {"event":"limit","limit":"p99<5ms","met":true}',
  ],
  async run(options, _positionals, io) {
    const limits = options.limit === undefined ? [] : parseLimits(options.limit)
    const runtimes = options.serve === undefined ? undefined : runtimesOf(options.serve)
    const names = runtimes ?? [parseTarget(options.server).text]
    const saved = options.compare === undefined ? undefined : await readSaved(options.compare, names, options)
    if (options.save !== undefined) await checkWritable(options.save)

    const results = await measureAll(runtimes, options, io)
    await tell(results, saved, options, io)
    if (options.save !== undefined) await saveResults(options.save, results)
    return judge(results, limits, options, io)
  },
})

/**
 * Measures every server in turn, round by round, so that what disturbs the machine meets all of them. An interruption ends it with
 * what there is so far.
 */
async function measureAll(
  runtimes: readonly RuntimeName[] | undefined,
  options: BenchOptions,
  io: Io,
): Promise<BenchResult[]> {
  const rounds = options.rounds ?? ((runtimes?.length ?? 1) > 1 ? 3 : 1)
  const results: BenchResult[] = []
  for (let round = 1; round <= rounds; round++) {
    for (const runtime of runtimes ?? [undefined]) {
      const result = runtime ? await measureOwn(runtime, options, io) : await measure(options.server, options, io)
      if (!result) return results
      results.push(result)
      if (options.json) await writeEvent(io.stdout, 'result', { round, ...result })
    }
  }
  return results
}

async function measureOwn(runtime: RuntimeName, options: BenchOptions, io: Io): Promise<BenchResult | undefined> {
  const own = await startOwnServer(runtime, io)
  let result: BenchResult | undefined
  let greeted: readonly number[] = []
  try {
    result = await measure(own.address, options, io)
  } finally {
    greeted = await own.stop()
  }
  const sum = greeted.reduce((total, count) => total + count, 0)
  return result && { ...result, runtime, ...(sum > 0 && { threadShares: greeted.map((count) => count / sum) }) }
}

async function measure(address: string, options: BenchOptions, io: Io): Promise<BenchResult | undefined> {
  const target = parseTarget(address)
  const load = { ...options, tls: await clientTls(options, target) }
  const progress = new Progress(io, 'in the end')
  try {
    const show = (tally: LoadTally): void => progress.show(() => progressLine(target.text, tally, options))
    const outcome = await runLoad(target, load, show, io.interrupted)
    return outcome && benchResult(target.text, load, outcome)
  } finally {
    progress.clear()
  }
}

/** Tells people of each server and how they compare; programs have the results already. */
async function tell(
  results: readonly BenchResult[],
  saved: Awaited<ReturnType<typeof readSaved>> | undefined,
  { json }: BenchOptions,
  { stdout }: Io,
): Promise<void> {
  const series = seriesOf(results)
  const [first, ...others] = series
  if (!json) for (const one of series) for (const line of [...reportLines(one), '']) await writeLine(stdout, line)
  const comparisons = [
    ...others.map((other) => compareSeries(other, first!)),
    ...series.flatMap((one) => (saved ? [compareSeries(one, saved.get(one.name)!)] : [])),
  ]
  for (const comparison of comparisons) {
    if (json) await writeEvent(stdout, 'comparison', { ...comparison })
    else await writeLine(stdout, comparisonLine(comparison))
  }
}

async function judge(
  results: readonly BenchResult[],
  limits: ReturnType<typeof parseLimits>,
  { json }: BenchOptions,
  { stdout, interrupted }: Io,
): Promise<ExitName> {
  let exit: ExitName = 'ok'
  for (const limit of limits) {
    const met = results.every((result) => limit.isMet(result))
    if (!met) exit = 'unmet'
    if (json) await writeEvent(stdout, 'limit', { limit: limit.text, met })
    else await writeLine(stdout, `limit ${limit.text}: ${met ? 'met' : 'missed'}`)
  }
  if (interrupted.aborted) return 'interrupted'
  const silent = results.find(isSilent)
  if (exit === 'ok' && silent)
    throw new CommandError('timeout', `Cannot measure ${silent.target}: no answer came in time`)
  return exit
}

function runtimesOf(text: string): readonly RuntimeName[] {
  const names = text.split(',').map((name) => name.trim())
  for (const name of names) {
    if (name !== 'node' && name !== 'bun')
      throw new CommandError('usage', `Cannot read --serve: ${quotedText(name)} is not node or bun`)
  }
  if (new Set(names).size < names.length)
    throw new CommandError('usage', 'Cannot read --serve: a runtime is named twice; --rounds measures it more often')
  return names as RuntimeName[]
}
