/**
 * The client as the conformance suite drives it: one JSON command a line on stdin, one JSON outcome a line on stdout.
 *
 *     greetwire-conformance client -- node packages/client/test/conformance/adapter.ts
 */

import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { ERROR_CODES, UsageError } from '@greetwire/protocol'
import { type Client, connect, GreetError } from '../../src/index.ts'

interface Command {
  readonly id: number
  readonly command: string
  readonly connection: string
  readonly host: string
  readonly port: number
  readonly options: {
    readonly timeoutMs?: number
    readonly retry?: boolean
    readonly firstId?: number
    readonly tls?: { readonly caFile?: string }
  }
  readonly name: string
  readonly timeoutMs?: number
  readonly idempotent?: boolean
  readonly of: number
}

type Answer = { readonly outcome: string; readonly greeting?: string; readonly error?: object }

const FEATURES = ['hello', 'ping', 'abort', 'timeout', 'retry', 'first-id', 'tls']
const connections = new Map<string, Promise<Client>>()
/** What is under way, to be aborted by the id of its command. */
const underWay = new Map<number, AbortController>()

function connectOnce({ host, port, options }: Command): Promise<Client> {
  const { timeoutMs = 5_000, retry = false, firstId = 1, tls } = options
  return connect(`${tls ? 'tls' : 'tcp'}://${host}:${port}`, {
    timeoutMs,
    connectTimeoutMs: timeoutMs,
    closeTimeoutMs: timeoutMs,
    reconnect: retry || firstId > 1,
    retries: retry ? 5 : 0,
    firstId,
    tls: tls?.caFile === undefined ? {} : { ca: readFileSync(tls.caFile, 'utf8') },
  })
}

function clientOf({ connection }: Command): Promise<Client> {
  return connections.get(connection) ?? Promise.reject(new UsageError(`there is no connection "${connection}"`))
}

async function carryOut(command: Command): Promise<Answer> {
  const { id, connection, timeoutMs, idempotent } = command
  switch (command.command) {
    case 'connect':
      connections.set(connection, connectOnce(command))
      await clientOf(command)
      return { outcome: 'connected' }
    case 'greet': {
      const { signal } = underWayOf(id)
      const client = await clientOf(command)
      return { outcome: 'greeting', greeting: await client.greet(command.name, { signal, timeoutMs, idempotent }) }
    }
    case 'ping':
      await (await clientOf(command)).ping({ timeoutMs })
      return { outcome: 'pong' }
    case 'abort':
      underWay.get(command.of)?.abort()
      return { outcome: 'done' }
    case 'close':
      await (await clientOf(command)).close()
      return { outcome: 'closed' }
    default:
      return { outcome: 'unsupported' }
  }
}

function underWayOf(id: number): AbortController {
  const controller = new AbortController()
  underWay.set(id, controller)
  return controller
}

const KINDS: Readonly<Record<string, string>> = {
  BAD_SERVER: 'violation',
  TIMED_OUT: 'timeout',
  ABORTED: 'cancelled',
  CONNECT_FAILED: 'connect',
}

function errorOf(error: unknown): object {
  if (!(error instanceof GreetError)) {
    const known = error instanceof UsageError
    return { kind: known ? 'usage' : 'connection', executed: 'never', message: String(error) }
  }
  const { code, source, executed, message } = error
  const local = source === 'client' ? 'usage' : 'connection'
  const registered = code in ERROR_CODES ? ERROR_CODES[code as keyof typeof ERROR_CODES].code : undefined
  return {
    kind: source === 'answer' ? 'request' : (KINDS[code] ?? local),
    code: registered ?? (code.startsWith('0x') ? Number(code) : undefined),
    // To the suite a request whose greeter ran is one that may have been executed.
    executed: executed === 'yes' ? 'maybe' : executed,
    message,
  }
}

process.stdout.write(`${JSON.stringify({ ready: true, features: FEATURES })}\n`)
for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line) as Command
  void answer(command)
}

async function answer(command: Command): Promise<void> {
  const outcome = await carryOut(command).catch((error: unknown): Answer => ({
    outcome: 'error',
    error: errorOf(error),
  }))
  underWay.delete(command.id)
  process.stdout.write(`${JSON.stringify({ id: command.id, ...outcome })}\n`)
}
