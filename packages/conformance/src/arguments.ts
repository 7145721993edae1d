/** The command line of the suite: what may be asked, and clear words for what may not. */
import { parseArgs } from 'node:util'
import { UsageError } from './usage-error.ts'

export const COMMANDS = ['server', 'client', 'list', 'explain', 'coverage', 'replay', 'compare', 'help'] as const

export type Command = (typeof COMMANDS)[number]

export interface Arguments {
  readonly command: Command
  /** What follows the command: an address, an id, a file. */
  readonly operands: readonly string[]
  /** What follows `--`: the command that starts an adapter. */
  readonly adapter: readonly string[]
  readonly run: readonly string[]
  readonly skip: readonly string[]
  /** Every case of the server role inside TLS. */
  readonly tls: boolean
  readonly strict: boolean
  readonly bail: boolean
  readonly verbose: boolean
  readonly seed: number
  readonly repeat: number
  readonly jobs: number
  readonly timeoutScale: number
  readonly knownFailing?: string
  readonly json?: string
  readonly junit?: string
  readonly html?: string
}

export const USAGE = `Judges implementations of the Greetwire protocol.

  greetwire-conformance server HOST:PORT                a running server (cases that need its process are UNSUPPORTED)
  greetwire-conformance server -- COMMAND [ARGUMENT…]   a server started through its adapter
  greetwire-conformance client -- COMMAND [ARGUMENT…]   a client driven through its adapter
  greetwire-conformance list [server|client]            the cases
  greetwire-conformance explain ID                      a case or a requirement, in full
  greetwire-conformance coverage                        requirement by case, both ways
  greetwire-conformance replay REPORT.json              the failures of a JSON report, again
  greetwire-conformance compare REPORT.json… --html F   implementations side by side

  --run PATTERN           only these cases or variants; may be repeated; * within a name, ** across names
  --skip PATTERN          not these
  --tls                   every case inside TLS, but for those of the text port (only with a server's adapter)
  --strict                a broken SHOULD fails too, and so does what stays INCONCLUSIVE
  --seed N                seed of the random cases (default: from the clock, printed)
  --repeat N              each execution N times; passed and failed is FLAKY
  --jobs N                targets that run at the same time (default 2)
  --timeout-scale F       stretches every limit (default 1)
  --known-failing FILE    cases that must fail: one pattern a line, # begins a comment
  --bail                  stop at the first failure
  --verbose               print every execution
  --json FILE, --junit FILE, --html FILE   reports

Exit codes: 0 conformant, 1 the suite broke, 2 usage, or nothing selected or supported, 3 the target never came up,
6 a case failed, passed although listed as failing, passed and failed when repeated, or was not run.
With --strict also 6 when only a SHOULD is broken, or when an execution stays INCONCLUSIVE: it could not be judged, because the
suite or the target was late or the server is OVERLOADED.
`

/** Parses a command line; throws `UsageError`. */
export function parseArguments(argv: readonly string[]): Arguments {
  const split = argv.indexOf('--')
  const own = split < 0 ? argv : argv.slice(0, split)
  const adapter = split < 0 ? [] : argv.slice(split + 1)
  const { values, positionals } = parse(own)
  const [command = 'help', ...operands] = positionals
  if (!(COMMANDS as readonly string[]).includes(command)) {
    throw new UsageError(`Cannot run "${command}": commands are ${COMMANDS.join(', ')}`)
  }
  if (adapter.length > 0 && command !== 'server' && command !== 'client')
    throw new UsageError(`Cannot use a command after -- with "${command}": only server and client start one`)
  if (values.tls === true && (command !== 'server' || adapter.length === 0))
    throw new UsageError('Cannot use --tls: it is for servers that the suite starts, so give server -- and a command')
  return {
    command: values.help === true ? 'help' : (command as Command),
    operands,
    adapter,
    run: values.run ?? [],
    skip: values.skip ?? [],
    tls: values.tls ?? false,
    strict: values.strict ?? false,
    bail: values.bail ?? false,
    verbose: values.verbose ?? false,
    seed: values.seed === undefined ? Date.now() % 1_000_000 : wholeNumber('--seed', values.seed, 0, 0xffff_ffff),
    repeat: wholeNumber('--repeat', values.repeat ?? '1', 1, 1_000),
    jobs: wholeNumber('--jobs', values.jobs ?? '2', 1, 64),
    timeoutScale: positiveNumber('--timeout-scale', values['timeout-scale'] ?? '1'),
    ...(values['known-failing'] === undefined ? {} : { knownFailing: values['known-failing'] }),
    ...(values.json === undefined ? {} : { json: values.json }),
    ...(values.junit === undefined ? {} : { junit: values.junit }),
    ...(values.html === undefined ? {} : { html: values.html }),
  }
}

const OPTIONS = {
  run: { type: 'string', multiple: true },
  skip: { type: 'string', multiple: true },
  tls: { type: 'boolean' },
  strict: { type: 'boolean' },
  bail: { type: 'boolean' },
  verbose: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
  seed: { type: 'string' },
  repeat: { type: 'string' },
  jobs: { type: 'string' },
  'timeout-scale': { type: 'string' },
  'known-failing': { type: 'string' },
  json: { type: 'string' },
  junit: { type: 'string' },
  html: { type: 'string' },
} as const

// oxlint-disable-next-line typescript/explicit-function-return-type -- the type is what parseArgs derives
function parse(own: readonly string[]) {
  try {
    return parseArgs({ args: [...own], options: OPTIONS, allowPositionals: true })
  } catch (cause) {
    throw new UsageError(`Cannot read the command line: ${(cause as Error).message}`)
  }
}

function wholeNumber(option: string, text: string, least: number, most: number): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new UsageError(`Cannot use ${option} "${text}": expected a whole number from ${least} to ${most}`)
  }
  return value
}

function positiveNumber(option: string, text: string): number {
  const value = Number(text)
  if (!(value > 0 && value <= 1_000))
    throw new UsageError(`Cannot use ${option} "${text}": expected a number above 0, at most 1000`)
  return value
}
