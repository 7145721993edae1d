/**
 * A client under test, driven through its adapter: one JSON command a line on stdin, one JSON outcome a line on stdout, in
 * any order. The first line of stdout is `{"ready":true,"features":[…]}`.
 */
import { TimedOut, Unsupported, CaseFailure } from '../wire/failure.ts'
import { Child, stderrExcerpt, type AdapterChild } from './child.ts'
import { TargetError, TargetLate } from './server-target.ts'

/** What a command came to. */
export interface Outcome {
  readonly id: number
  readonly outcome: 'connected' | 'greeting' | 'pong' | 'done' | 'closed' | 'error' | 'unsupported'
  readonly greeting?: string
  readonly error?: OutcomeError
}

export interface OutcomeError {
  /**
   * `request`: an ERROR for this request. `connection`: the connection ended, by FIN, reset or ERROR with id 0. `violation`:
   * the server broke the protocol. `timeout`, `cancelled`: given up here. `usage`: refused here. `connect`: no connection.
   */
  readonly kind: 'request' | 'connection' | 'violation' | 'timeout' | 'cancelled' | 'usage' | 'connect'
  readonly code?: number
  /** Whether the request may have been executed. */
  readonly executed?: 'never' | 'maybe'
  readonly message?: string
}

export interface ConnectOptions {
  readonly timeoutMs?: number
  /** Reconnect and retry what is safe to retry; off when it is not given. */
  readonly retry?: boolean
  /** The id of the first request. */
  readonly firstId?: number
  readonly tls?: { readonly caFile?: string }
}

export type ClientCommand =
  | {
      readonly command: 'connect'
      readonly connection: string
      readonly host: string
      readonly port: number
      readonly options: ConnectOptions
    }
  | {
      readonly command: 'greet'
      readonly connection: string
      readonly name: string
      readonly timeoutMs?: number
      readonly idempotent?: boolean
    }
  | { readonly command: 'ping'; readonly connection: string; readonly timeoutMs?: number }
  | { readonly command: 'abort'; readonly of: number }
  | { readonly command: 'close'; readonly connection: string }

/** A command that was sent, and its outcome to come. */
export interface Pending {
  readonly id: number
  /** The features that the client must have for it. */
  readonly needs: readonly string[]
  readonly outcome: Promise<Outcome>
}

export class ClientAdapter {
  readonly child: AdapterChild
  readonly features: ReadonlySet<string>
  /** How long it had to start. */
  readonly startMs: number
  readonly log: string[] = []
  #nextId = 1
  readonly #waiting = new Map<number, (outcome: Outcome | Error) => void>()

  private constructor(child: AdapterChild, features: ReadonlySet<string>, startMs: number) {
    this.child = child
    this.features = features
    this.startMs = startMs
    void this.#read()
  }

  /** Starts an adapter as a process; throws `TargetError` when it does not come up. */
  static start(command: readonly string[], startMs: number): Promise<ClientAdapter> {
    return ClientAdapter.attach(new Child(command), startMs)
  }

  /** Waits until an adapter is ready; throws `TargetError` when it does not come up. */
  static async attach(child: AdapterChild, startMs: number): Promise<ClientAdapter> {
    const description = child.command.join(' ')
    const first = await child.line(startMs)
    const excerpt = stderrExcerpt(child)
    const tail = excerpt === '' ? '' : `; its stderr: ${JSON.stringify(excerpt)}`
    if (first === 'timeout' || first === 'exit') {
      await child.kill()
      if (first === 'timeout')
        throw new TargetLate(`Cannot start "${description}": no line on stdout within ${startMs} ms${tail}`)
      throw new TargetError(`Cannot start "${description}": it exited with code ${child.exit?.code}${tail}`)
    }
    const ready: { ready?: unknown; features?: unknown } | undefined = parse(first.line)
    if (ready?.ready !== true) {
      await child.kill()
      throw new TargetError(
        `Cannot start "${description}": its first line must be {"ready":true,"features":[…]}, got ${JSON.stringify(first.line.slice(0, 200))}`,
      )
    }
    return new ClientAdapter(child, new Set(Array.isArray(ready.features) ? ready.features.map(String) : []), startMs)
  }

  /** Sends a command. Its outcome rejects when the adapter dies or answers nonsense. */
  send(command: ClientCommand | { readonly command: 'commandThatDoesNotExist' }): Pending {
    const id = this.#nextId++
    const line = JSON.stringify({ id, ...command })
    this.log.push(`> ${line.slice(0, 300)}`)
    const outcome = new Promise<Outcome>((resolve, reject) => {
      this.#waiting.set(id, (result) => (result instanceof Error ? reject(result) : resolve(result)))
    })
    outcome.catch(() => undefined)
    if (this.child.exit) this.#fail(id, new CaseFailure('the adapter has exited'))
    else this.child.write(line)
    return { id, needs: featuresFor(command), outcome }
  }

  /** The outcome, whenever it comes; throws `Unsupported` when the adapter refuses a command for which it lacks a feature. */
  async obeyed(pending: Pending, what: string): Promise<Outcome> {
    const outcome = await pending.outcome
    if (outcome.outcome === 'unsupported') throw this.#refusal(pending, what)
    return outcome
  }

  /** The same, and fails the case when it does not come in time. */
  async settled(pending: Pending, what: string, limitMs: number): Promise<Outcome> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () => reject(new TimedOut(`expected ${what} to settle, it did not within ${Math.round(limitMs)} ms`)),
        limitMs,
      )
    })
    try {
      return await Promise.race([this.obeyed(pending, what), late])
    } finally {
      clearTimeout(timer)
    }
  }

  #refusal({ needs }: Pending, what: string): Error {
    if (needs.some((feature) => !this.features.has(feature))) return new Unsupported(`the adapter lacks: ${what}`)
    const why = needs.length === 0 ? 'every client has it' : `the adapter claims the feature "${needs.join('" and "')}"`
    return new CaseFailure(`expected ${what} to be obeyed, since ${why}, got "unsupported"`)
  }

  async #read(): Promise<void> {
    for (;;) {
      const next = await this.child.line(2 ** 31 - 1)
      if (next === 'timeout') continue
      if (next === 'exit') break
      this.log.push(`< ${next.line.slice(0, 300)}`)
      const outcome = parse(next.line) as Outcome | undefined
      const resolve = outcome === undefined ? undefined : this.#waiting.get(outcome.id)
      if (outcome !== undefined && resolve !== undefined) {
        this.#waiting.delete(outcome.id)
        resolve(outcome)
      } else
        for (const id of this.#waiting.keys())
          this.#fail(
            id,
            new CaseFailure(
              `the adapter printed a line that is no outcome of a command: ${JSON.stringify(next.line.slice(0, 200))}`,
            ),
          )
    }
    const { code, signal } = this.child.exit ?? { code: null, signal: null }
    const ended = new CaseFailure(
      `the client's process ended (${signal ?? `code ${code}`}): ${stderrExcerpt(this.child)}`,
    )
    for (const id of this.#waiting.keys()) this.#fail(id, ended)
  }

  #fail(id: number, cause: Error): void {
    const resolve = this.#waiting.get(id)
    this.#waiting.delete(id)
    resolve?.(cause)
  }
}

/** The features without which a client may refuse a command. `connect` limits its time always, so that excuses nothing. */
function featuresFor(command: ClientCommand | { readonly command: 'commandThatDoesNotExist' }): string[] {
  const asked = command.command === 'connect' ? { ...command.options, timeoutMs: undefined } : command
  const given = Object.entries(asked).filter(([, value]) => value !== undefined)
  const features = given.map(([name]) => FEATURE_OF[name])
  return [FEATURE_OF[command.command], ...features].filter((feature) => feature !== undefined)
}

const FEATURE_OF: Readonly<Record<string, string>> = {
  ping: 'ping',
  abort: 'abort',
  timeoutMs: 'timeout',
  idempotent: 'retry',
  retry: 'retry',
  firstId: 'first-id',
  tls: 'tls',
}

function parse(line: string): object | undefined {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    return undefined
  }
}
