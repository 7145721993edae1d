/** The reference client as an adapter: `node client-main.ts [--bug NAME]…`; also what it retries, and what never. */
import { createInterface } from 'node:readline'
import type { ClientCommand, ConnectOptions, Outcome } from '../../src/target/client-adapter.ts'
import type { HasClientBug } from './client-bugs.ts'
import { Failed, ReferenceConnection } from './client.ts'

const bugs = new Set(process.argv.slice(2).filter((argument) => !argument.startsWith('--')))
const has: HasClientBug = (bug) => bugs.has(bug)

class Client {
  readonly #host: string
  readonly #port: number
  readonly #options: ConnectOptions
  connection: ReferenceConnection | undefined
  closed = false
  #failures = 0

  constructor(host: string, port: number, options: ConnectOptions) {
    this.#host = host
    this.#port = port
    this.#options = options
  }

  #connecting: Promise<ReferenceConnection> | undefined

  connect(): Promise<ReferenceConnection> {
    this.#connecting ??= this.#connect().finally(() => (this.#connecting = undefined))
    return this.#connecting
  }

  async #connect(): Promise<ReferenceConnection> {
    if (this.connection?.usable) return this.connection
    if ((this.connection || this.#failures > 0) && this.#options.retry !== true) {
      if (has('name-after-goodbye') && this.connection?.ended === false) return this.connection
      throw new Failed({ kind: 'connection', executed: 'never' })
    }
    if (this.#failures > 0 && !has('storm'))
      await new Promise((resolve) => setTimeout(resolve, 50 * 2 ** Math.min(6, this.#failures)))
    const connection = new ReferenceConnection(this.#host, this.#port, this.#options, has)
    try {
      await connection.connected(this.#options.timeoutMs ?? 5_000)
    } catch (cause) {
      this.#failures += 1
      throw cause
    }
    this.#failures = 0
    this.connection = connection
    return connection
  }

  async greet(command: ClientCommand & { command: 'greet' }, signal: AbortSignal): Promise<string> {
    const name = encode(command.name)
    let repeated = 0
    for (let attempt = 1; ; attempt += 1) {
      try {
        if (this.closed) throw new Failed({ kind: 'usage', executed: 'never' })
        return await (await this.connect()).greet(name, signal, command.timeoutMs ?? this.#options.timeoutMs ?? 5_000)
      } catch (cause) {
        if (!(cause instanceof Failed) || this.#options.retry !== true || attempt >= (has('storm') ? 500 : 4))
          throw cause
        const { kind, executed, code = 0 } = cause.detail
        if (kind === 'usage' || kind === 'timeout' || kind === 'cancelled') throw cause
        const wouldFailAgain =
          code > 0 && (code < 0x80 ? !has('retry-fatal') : code < 0x200 && code >= 0x100 && !has('retry-invalid'))
        if (wouldFailAgain) throw cause
        const safe =
          executed === 'never' ||
          has('retry-maybe') ||
          (command.idempotent === true && (repeated === 0 || has('retry-forever')))
        if (!safe) throw cause
        if (executed === 'maybe') repeated += 1
        if (!has('retry-at-once')) await new Promise((resolve) => setTimeout(resolve, cause.waitMs))
      }
    }
  }
}

function refuse(): never {
  throw new Failed({ kind: 'usage', executed: 'never' })
}

function encode(text: string): Buffer {
  if (!text.isWellFormed() && !has('replace-surrogate')) refuse()
  if (/\p{Cc}/u.test(text) && !has('send-controls')) refuse()
  if (text === '' && !has('send-empty')) refuse()
  const trimmed = has('trim-name') ? text.trim() : text
  const bytes = Buffer.from(has('normalise-name') ? trimmed.normalize('NFC') : trimmed)
  if (bytes.length > 4_096 && !has('ignore-max-name')) refuse()
  return bytes
}

const clients = new Map<string, Client>()
const aborts = new Map<number, AbortController>()

async function obey(id: number, command: ClientCommand): Promise<Omit<Outcome, 'id'>> {
  if (command.command === 'connect') {
    const client = new Client(command.host, command.port, command.options)
    clients.set(command.connection, client)
    await client.connect()
    return { outcome: 'connected' }
  }
  if (command.command === 'abort') {
    aborts.get(command.of)?.abort()
    return { outcome: 'done' }
  }
  const client = 'connection' in command ? clients.get(command.connection) : undefined
  if (command.command === 'greet') {
    const abort = new AbortController()
    aborts.set(id, abort)
    return { outcome: 'greeting', greeting: await client!.greet(command, abort.signal) }
  }
  if (command.command === 'ping') {
    await (await client!.connect()).ping(command.timeoutMs ?? 5_000)
    return { outcome: 'pong' }
  }
  if (command.command === 'close') {
    client!.closed = true
    await client!.connection?.close()
    return { outcome: 'closed' }
  }
  return { outcome: 'unsupported' }
}

console.log(
  JSON.stringify({ ready: true, features: ['hello', 'abort', 'ping', 'timeout', 'retry', 'tls', 'first-id'] }),
)
const lines = createInterface({ input: process.stdin })
lines.on('line', (line) => {
  const { id, ...command } = JSON.parse(line) as { id: number } & ClientCommand
  void obey(id, command as ClientCommand)
    .catch((cause: unknown) => ({
      outcome: 'error',
      error: cause instanceof Failed ? cause.detail : { kind: 'usage', message: String(cause) },
    }))
    .then((outcome) => console.log(JSON.stringify({ id, ...outcome })))
})
