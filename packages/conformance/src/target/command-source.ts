/**
 * A server that the suite starts through an adapter: options as one JSON line on stdin, then one JSON line
 * `{"host","port","pid","features"}` on stdout, SIGTERM to stop, exit code 89 for an option that it lacks.
 */
import { Unsupported } from '../wire/failure.ts'
import { Child, stderrExcerpt } from './child.ts'
import { TargetError, TargetLate, type ServerOptions, type ServerSource, type ServerTarget } from './server-target.ts'

/** Exit code by which an adapter says "not implemented". */
export const NOT_IMPLEMENTED = 89

/** Makes a source from a command line; `startMs` limits how long one start may take. */
export function commandSource(command: readonly string[], startMs: number): ServerSource {
  const description = command.join(' ')
  return {
    description,
    controlled: true,
    start: (options) => start(command, description, options, startMs),
    probe: () => probe(command, description, startMs),
  }
}

async function start(
  command: readonly string[],
  description: string,
  options: ServerOptions,
  startMs: number,
): Promise<ServerTarget> {
  const child = new Child(command)
  child.process.stdin!.end(`${JSON.stringify(options)}\n`)
  const answer = await child.line(startMs)
  if (answer === 'timeout') {
    await child.kill()
    throw new TargetLate(`Cannot start "${description}": no line on stdout within ${startMs} ms${tail(child)}`)
  }
  if (answer === 'exit') {
    await child.kill()
    const { code, signal } = await child.exited
    if (code === NOT_IMPLEMENTED) throw new Unsupported(refusal(options, child))
    throw new TargetError(
      `Cannot start "${description}": it exited with ${signal ?? `code ${code}`} before it printed its address${tail(child)}`,
    )
  }
  const ready = readReady(answer.line)
  if (typeof ready === 'string') {
    await child.kill()
    throw new TargetError(`Cannot start "${description}": ${ready}, got ${JSON.stringify(answer.line.slice(0, 200))}`)
  }
  return {
    ...ready,
    exited: child.exited,
    alive: () => child.exit === undefined,
    terminate: () => void child.process.kill('SIGTERM'),
    kill: () => child.kill(),
    errorOutput: () => child.errorOutput(),
  }
}

/** Names every option that may have been meant; an adapter that knows better says so on stderr. */
function refusal(options: ServerOptions, child: Child): string {
  const names = Object.entries(options).flatMap(([name, value]: [string, unknown]) =>
    typeof value === 'object' && value !== null ? Object.keys(value).map((inner) => `${name}.${inner}`) : [name],
  )
  const says = child.errorOutput().split('\n').at(-1)!.trim()
  const reason = says === '' ? '' : `; it says ${JSON.stringify(says.slice(0, 200))}`
  return `the adapter lacks one of: ${names.join(', ')}${reason}`
}

type Ready = Pick<ServerTarget, 'host' | 'port' | 'textPort' | 'pid' | 'features'>

function readReady(line: string): Ready | string {
  let value: Record<string, unknown>
  try {
    value = JSON.parse(line) as Record<string, unknown>
  } catch {
    return 'its first line on stdout must be JSON'
  }
  const { host, port, pid, features, textPort } = value ?? {}
  if (typeof host !== 'string' || host === '') return 'its first line needs "host", a string'
  if (!isPort(port)) return 'its first line needs "port", a number from 1 to 65535'
  if (features !== undefined && !(Array.isArray(features) && features.every((feature) => typeof feature === 'string')))
    return '"features" must be an array of strings'
  return {
    host,
    port,
    features: new Set<string>(features ?? []),
    ...(typeof pid === 'number' ? { pid } : {}),
    ...(isPort(textPort) ? { textPort } : {}),
  }
}

async function probe(command: readonly string[], description: string, startMs: number): Promise<void> {
  const child = new Child(command)
  child.process.stdin!.end(`${JSON.stringify({ optionThatDoesNotExist: true })}\n`)
  const answer = await child.line(startMs)
  await child.kill()
  const { code } = await child.exited
  if (answer === 'exit' && code === NOT_IMPLEMENTED) return
  const did =
    answer === 'timeout'
      ? 'it neither answered nor exited'
      : answer === 'exit'
        ? `it exited with code ${code}`
        : `it answered ${JSON.stringify(answer.line.slice(0, 100))}`
  throw new TargetError(
    `Cannot use "${description}": it must exit ${NOT_IMPLEMENTED} when asked for an option that it does not know, but ${did}${tail(child)}`,
  )
}

function isPort(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= 65_535
}

function tail(child: Child): string {
  const text = stderrExcerpt(child)
  return text === '' ? '' : `; its stderr: ${JSON.stringify(text)}`
}
