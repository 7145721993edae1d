/** The commands of an adapter, obeyed by the reference client. */
import type { ClientCommand, Outcome } from '../../src/target/client-adapter.ts'
import type { HasClientBug } from './client-bugs.ts'
import { Failed } from './client.ts'
import { RetryingClient } from './retrying-client.ts'

export class ClientCommands {
  readonly #has: HasClientBug
  readonly #print: (line: string) => void
  readonly #clients = new Map<string, RetryingClient>()
  readonly #aborts = new Map<number, AbortController>()
  #isStuck = false

  /** Prints that it is ready, and later an outcome for each command. */
  constructor(has: HasClientBug, print: (line: string) => void) {
    this.#has = has
    this.#print = print
    const features = ['abort', 'ping', 'timeout', 'retry', 'tls', 'first-id']
    print(JSON.stringify({ ready: true, features: has('no-hello') ? features : ['hello', ...features] }))
  }

  /** Obeys one line of JSON. */
  async obey(line: string): Promise<void> {
    const { id, ...command } = JSON.parse(line) as { id: number } & ClientCommand
    const outcome = await this.#outcome(id, command as ClientCommand).catch((cause: unknown) => {
      const error = cause instanceof Failed ? cause.detail : { kind: 'usage', message: String(cause) }
      if (error.kind === 'violation') this.#isStuck = this.#has('stuck-after-violation')
      return { outcome: 'error', error }
    })
    this.#print(JSON.stringify({ id, ...outcome }))
  }

  /** Ends every connection without ceremony. */
  destroy(): void {
    for (const client of this.#clients.values()) client.destroy()
  }

  async #outcome(id: number, command: ClientCommand): Promise<Omit<Outcome, 'id'>> {
    if (command.command === 'connect') {
      if (this.#isStuck) throw new Failed({ kind: 'connect' })
      const client = new RetryingClient(command.host, command.port, command.options, this.#has)
      this.#clients.set(command.connection, client)
      await client.connect()
      return { outcome: 'connected' }
    }
    if (command.command === 'abort') {
      this.#aborts.get(command.of)?.abort()
      return { outcome: 'done' }
    }
    const client = 'connection' in command ? this.#clients.get(command.connection) : undefined
    if (command.command === 'greet') {
      const abort = new AbortController()
      this.#aborts.set(id, abort)
      if (this.#has('slow')) await new Promise((resolve) => setTimeout(resolve, 5))
      return { outcome: 'greeting', greeting: await client!.greet(command, abort.signal) }
    }
    if (command.command === 'ping') {
      await (await client!.connect()).ping(command.timeoutMs ?? 5_000)
      return { outcome: 'pong' }
    }
    if (command.command === 'close') {
      await client!.close()
      return { outcome: 'closed' }
    }
    return { outcome: 'unsupported' }
  }
}
