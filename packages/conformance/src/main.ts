/** The command `greetwire-conformance`: reads the command line, runs what it asks for, and returns the exit code. */
import { writeFileSync } from 'node:fs'
import { parseArguments, USAGE, type Arguments } from './arguments.ts'
import { clientCases } from './cases/client/catalogue.ts'
import { serverCases } from './cases/server/catalogue.ts'
import { checkWritable, readNamedFile } from './named-file.ts'
import { coverageText } from './report/coverage.ts'
import { explain } from './report/explain.ts'
import { htmlReport } from './report/html.ts'
import { failedPatterns, jsonReport } from './report/json.ts'
import { junitReport } from './report/junit.ts'
import { readReport } from './report/read-report.ts'
import type { RunReport } from './report/run-report.ts'
import { shellWords } from './report/shell-words.ts'
import { describeResult, ProgressBar, summary, type Output } from './report/terminal.ts'
import { executionName, type Case, type Execution } from './run/case.ts'
import { ClientBench } from './run/client-bench.ts'
import { insideTls } from './run/inside-tls.ts'
import { parseKnownFailing } from './run/known-failing.ts'
import { ENDED_BY_BAIL, runAll, type Bench, type Trace } from './run/runner.ts'
import { matchesAny, select } from './run/selection.ts'
import { ServerBench } from './run/server-bench.ts'
import { ExitCode, exitCodeOf, type Result } from './run/verdict.ts'
import { addressSource } from './target/address-source.ts'
import { STARTS_WITHIN_MS } from './target/child.ts'
import { commandSource } from './target/command-source.ts'
import { TargetError } from './target/server-target.ts'
import { UsageError } from './usage-error.ts'

/** Where the command writes; the process's own streams by default. */
export interface Io {
  readonly stdout: Output
  readonly stderr: Output
}

/** Runs the suite's command line and returns its exit code; never throws. */
export async function run(argv: readonly string[], io: Io = process): Promise<number> {
  try {
    return await obey(parseArguments(argv), io)
  } catch (cause) {
    const error = cause as Error
    if (error instanceof UsageError) {
      io.stderr.write(`${error.message}\n`)
      return ExitCode.USAGE
    }
    if (error instanceof TargetError) {
      io.stderr.write(`${error.message}\n`)
      return ExitCode.NO_TARGET
    }
    io.stderr.write(`The suite itself failed: ${error.stack ?? error.message}\n`)
    return ExitCode.INTERNAL
  }
}

async function obey(args: Arguments, io: Io): Promise<number> {
  switch (args.command) {
    case 'help':
      io.stdout.write(USAGE)
      return ExitCode.OK
    case 'list':
      return list(args, io)
    case 'explain':
      io.stdout.write(explain(args.operands, [...serverCases, ...clientCases]))
      return ExitCode.OK
    case 'coverage': {
      if (args.operands.length > 0) throw new UsageError(`Cannot use "${args.operands[0]}": coverage is of all`)
      const { text, complete } = coverageText(serverCases, clientCases)
      io.stdout.write(text)
      return complete ? ExitCode.OK : ExitCode.NOT_CONFORMANT
    }
    case 'replay':
      return replay(args, io)
    case 'compare':
      return compare(args, io)
    case 'server':
      return judgeServer(args, io)
    default:
      return judgeClient(args, io)
  }
}

function list(args: Arguments, io: Io): number {
  const [role, ...more] = args.operands
  if (more.length > 0 || (role !== undefined && role !== 'server' && role !== 'client'))
    throw new UsageError(`Cannot list "${args.operands.join(' ')}": give one role, server or client, or none for both`)
  const cases: readonly Case<never>[] = [
    ...(role === 'client' ? [] : serverCases),
    ...(role === 'server' ? [] : clientCases),
  ]
  for (const one of new Set(selected(cases, args).map((execution) => execution.case))) {
    const needs = [...(one.needs ?? []), ...(one.ownTarget === true ? ['own target'] : [])].join(', ')
    io.stdout.write(
      `${one.id}  ${one.level}  ${one.variants?.length ?? 1}  ${one.title}${needs === '' ? '' : ` (needs ${needs})`}\n`,
    )
  }
  return ExitCode.OK
}

/** The executions to run; every pattern must name some, and something must be left. */
function selected<Test>(cases: readonly Case<Test>[], { run: wanted, skip }: Arguments): Execution<Test>[] {
  for (const pattern of [...wanted, ...skip]) {
    if (!matchesAny(cases, pattern))
      throw new UsageError(`Cannot select: no case matches ${pattern}; run "list" to see the ids`)
  }
  const executions = select(cases, { run: wanted, skip })
  if (executions.length === 0) throw new UsageError('Cannot select: --skip leaves nothing')
  return executions
}

async function judgeServer(args: Arguments, io: Io): Promise<number> {
  const [address, ...more] = args.operands
  if (more.length > 0 || (address === undefined) === (args.adapter.length === 0)) {
    throw new UsageError('Cannot choose the target: give either one HOST:PORT, or -- and a command')
  }
  const source =
    address === undefined ? commandSource(args.adapter, STARTS_WITHIN_MS * args.timeoutScale) : addressSource(address)
  const bench = new ServerBench(source, args)
  const cases = args.tls ? insideTls(serverCases) : serverCases
  return judge('server', cases, bench, () => bench.check(), args, io)
}

async function judgeClient(args: Arguments, io: Io): Promise<number> {
  if (args.operands.length > 0 || args.adapter.length === 0)
    throw new UsageError('Cannot choose the client: give -- and the command of its adapter')
  const bench = new ClientBench(args.adapter, args)
  return judge('client', clientCases, bench, () => bench.check(), args, io)
}

async function judge<Test extends Trace>(
  role: 'server' | 'client',
  cases: readonly Case<Test>[],
  bench: Bench<Test>,
  check: () => Promise<void>,
  args: Arguments,
  io: Io,
): Promise<number> {
  const executions = selected(cases, args)
  const { adapter, tls, strict, timeoutScale, seed, repeat, knownFailing: file } = args
  const knownFailing = file === undefined ? [] : parseKnownFailing(readNamedFile(file), cases, file)
  for (const output of [args.json, args.junit, args.html]) if (output !== undefined) checkWritable(output)
  await check()
  const startedAt = new Date().toISOString()
  const begun = performance.now()
  const bar = new ProgressBar(io.stderr)
  const results = await runAll(bench, executions, {
    ...args,
    executionMs: 90_000 * args.timeoutScale,
    knownFailing,
    onResult: (result, done, total) => {
      if (args.verbose)
        io.stdout.write(
          `${result.verdict} ${executionName(result.id, result.variant)} ${result.durationMs.toFixed(0)} ms${result.message === undefined ? '' : `: ${result.message}`}\n`,
        )
      bar.update(done, total, executionName(result.id, result.variant))
    },
  })
  bar.clear()
  const report: RunReport = {
    role,
    target: adapter.length === 0 ? args.operands[0]! : shellWords(adapter),
    adapter,
    tls,
    strict,
    timeoutScale,
    ...(file === undefined ? {} : { knownFailing: file }),
    seed,
    repeat,
    startedAt,
    durationMs: performance.now() - begun,
    cases: [...new Set(executions.map((execution) => execution.case))],
    results,
  }
  write(report, args, io)
  return exitCodeOf(results, args)
}

function write(report: RunReport, args: Arguments, io: Io): void {
  for (const result of report.results) if (shown(result)) io.stdout.write(`${describeResult(report, result)}\n`)
  io.stdout.write(summary(report))
  if (args.json !== undefined) writeFileSync(args.json, jsonReport(report))
  if (args.junit !== undefined) writeFileSync(args.junit, junitReport(report))
  if (args.html !== undefined) writeFileSync(args.html, htmlReport([report]))
}

function replay(args: Arguments, io: Io): Promise<number> {
  const [file, ...more] = args.operands
  if (file === undefined || more.length > 0) throw new UsageError('Cannot replay: give the JSON report of a run')
  const report = readReport(readNamedFile(file), file)
  const { role, target, adapter, seed, repeat, tls, strict, timeoutScale } = report
  const knownFailing = args.knownFailing ?? report.knownFailing
  const wanted = args.run.length > 0 ? args.run : failedPatterns(report)
  if (wanted.length === 0) throw new UsageError(`Cannot replay ${file}: no execution failed in it`)
  const again: Arguments = {
    ...args,
    command: role,
    operands: adapter.length > 0 ? [] : [target],
    adapter,
    seed,
    repeat: args.repeat === 1 ? repeat : args.repeat,
    tls,
    strict: strict || args.strict,
    timeoutScale: args.timeoutScale === 1 ? timeoutScale : args.timeoutScale,
    ...(knownFailing === undefined ? {} : { knownFailing }),
    run: wanted,
    verbose: true,
  }
  return role === 'server' ? judgeServer(again, io) : judgeClient(again, io)
}

/** Puts the JSON reports of several implementations side by side in one HTML file. */
function compare({ operands, html, strict }: Arguments, io: Io): number {
  if (operands.length === 0 || html === undefined)
    throw new UsageError('Cannot compare: give JSON reports of runs, and --html FILE')
  const reports = operands.map((file) => readReport(readNamedFile(file), file))
  if (new Set(reports.map(({ role }) => role)).size > 1)
    throw new UsageError('Cannot compare: some reports are of servers and some of clients')
  checkWritable(html)
  writeFileSync(html, htmlReport(reports))
  for (const report of reports) io.stdout.write(summary(report))
  return exitCodeOf(
    reports.flatMap(({ results }) => results),
    { strict },
  )
}

function shown({ verdict, message }: Result): boolean {
  if (message === ENDED_BY_BAIL) return false
  return ['ERROR', 'FAIL', 'XPASS', 'FLAKY', 'NOT-RUN', 'INCONCLUSIVE', 'NON-STRICT'].includes(verdict)
}
