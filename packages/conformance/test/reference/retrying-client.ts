/** The reference client above its connections: which names it sends at all, what it retries, and what never. */
import type { ClientCommand, ConnectOptions } from '../../src/target/client-adapter.ts'
import { Code } from '../../src/wire/frame.ts'
import { withoutCloseNotify } from '../../src/wire/tls-relay.ts'
import type { HasClientBug } from './client-bugs.ts'
import { Failed, ReferenceConnection } from './client.ts'
import { bareFin, faultyFront } from './tls-faults.ts'

export class RetryingClient {
  readonly #host: string
  readonly #port: number
  readonly #options: ConnectOptions
  readonly #has: HasClientBug
  #connection: ReferenceConnection | undefined
  #connecting: Promise<ReferenceConnection> | undefined
  #closed = false
  #failures = 0

  constructor(host: string, port: number, options: ConnectOptions, has: HasClientBug) {
    this.#host = host
    this.#port = port
    this.#options = options
    this.#has = has
  }

  connect(): Promise<ReferenceConnection> {
    this.#connecting ??= this.#connect().finally(() => (this.#connecting = undefined))
    return this.#connecting
  }

  /** Sends a name, again where that is safe. */
  async greet(command: ClientCommand & { command: 'greet' }, signal: AbortSignal): Promise<string> {
    const name = encode(command.name, this.#has)
    let repeated = 0
    for (let attempt = 1; ; attempt += 1) {
      try {
        if (this.#closed && this.#has('name-after-close'))
          this.#connection?.greet(name, signal, 1_000).catch(() => undefined)
        if (this.#closed) return refuse()
        return await (await this.connect()).greet(name, signal, command.timeoutMs ?? this.#options.timeoutMs ?? 5_000)
      } catch (cause) {
        if (!(cause instanceof Failed) || this.#options.retry !== true || attempt >= this.#tries()) throw cause
        if (!this.#mayRetry(cause, command.idempotent === true, repeated)) throw cause
        if (cause.detail.executed === 'maybe') repeated += 1
        const atOnce =
          this.#has('retry-at-once') || (this.#has('full-at-once') && cause.detail.code === Code.SERVER_FULL)
        if (!atOnce) await new Promise((resolve) => setTimeout(resolve, cause.waitMs))
      }
    }
  }

  #tries(): number {
    return this.#has('storm') ? 500 : this.#has('few-at-once') ? 6 : 4
  }

  async close(): Promise<void> {
    this.#closed = true
    if (this.#has('name-after-close')) await new Promise((resolve) => setTimeout(resolve, 50))
    await this.#connection?.close()
  }

  /** Ends the connection without ceremony. */
  destroy(): void {
    this.#closed = true
    this.#connection?.destroy()
  }

  async #connect(): Promise<ReferenceConnection> {
    if (this.#connection?.usable) return this.#connection
    if ((this.#connection || this.#failures > 0) && this.#options.retry !== true) {
      if (this.#has('name-after-goodbye') && this.#connection?.ended === false) return this.#connection
      throw new Failed({ kind: 'connection', executed: 'never' })
    }
    if (this.#connection?.failed === true) this.#failures += 1
    if (this.#failures > 0 && !this.#has('storm') && !this.#has('few-at-once'))
      await new Promise((resolve) => setTimeout(resolve, 50 * 2 ** Math.min(6, this.#failures)))
    const front =
      this.#options.tls &&
      (await faultyFront(this.#port, [
        [this.#has('tls-no-close-notify'), withoutCloseNotify('client')],
        [this.#has('tls-bare-fin-hangs'), bareFin('server', 'drop')],
      ]))
    const connection = new ReferenceConnection(this.#host, front?.port ?? this.#port, this.#options, this.#has)
    try {
      await connection.connected(this.#options.timeoutMs ?? 5_000)
    } catch (cause) {
      this.#failures += 1
      throw cause
    } finally {
      front?.close()
    }
    this.#failures = 0
    this.#connection = connection
    return connection
  }

  #mayRetry({ detail }: Failed, idempotent: boolean, repeated: number): boolean {
    const { kind, executed, code = 0 } = detail
    if (kind === 'usage' || kind === 'timeout' || kind === 'cancelled') return false
    const wouldFailAgain =
      code > 0 &&
      (code < 0x80 ? !this.#has('retry-fatal') : code < 0x200 && code >= 0x100 && !this.#has('retry-invalid'))
    if (wouldFailAgain) return false
    return (
      executed === 'never' || this.#has('retry-maybe') || (idempotent && (repeated === 0 || this.#has('retry-forever')))
    )
  }
}

function refuse(): never {
  throw new Failed({ kind: 'usage', executed: 'never' })
}

function encode(text: string, has: HasClientBug): Buffer {
  if (!text.isWellFormed() && has('send-surrogate')) return Buffer.from('eda080', 'hex')
  if (!text.isWellFormed() && !has('replace-surrogate')) refuse()
  if (/\p{Cc}/u.test(text) && !has('send-controls')) refuse()
  if (text === '' && !has('send-empty')) refuse()
  const trimmed = has('trim-name') ? text.trim() : text
  const bytes = Buffer.from(has('normalise-name') ? trimmed.normalize('NFC') : trimmed)
  if (bytes.length > 4_096 && !has('ignore-max-name')) refuse()
  return bytes
}
