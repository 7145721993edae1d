/** The client: what an application calls. Sockets, ids and retries are behind it. */

import { type ReceivedGoodbye, SERVER_LIMIT_DEFAULTS, type ServerInfo, UsageError, VERSIONS } from '@greetwire/protocol'
import { type GreetCall, type PingCall, SingleGreet, SinglePing } from './call.ts'
import { type GivenClientOptions, type ClientOptions, resolveClientOptions } from './client-options.ts'
import type { ClientSession } from './client-session.ts'
import { defaultDialer } from './default-dialer.ts'
import type { Dialer } from './dialer.ts'
import { Dispatcher } from './dispatcher.ts'
import { type Greeted, greetAll, type NotGreeted } from './greet-all.ts'
import { type GreetAllOptions, greetAllSetup } from './greet-all-options.ts'
import type { GreetError } from './greet-error.ts'
import type { SessionSetup } from './session-owner.ts'
import { parseTarget } from './target.ts'
import type { Trace } from './trace.ts'

/** The options of `connect`: those of CLIENT_OPTIONS_SCHEMA, and what no schema can hold. */
export interface ConnectOptions extends GivenClientOptions {
  /** Gives connecting up; it has no effect later. */
  readonly signal?: AbortSignal | undefined
  /** Is told every stage of every socket, with the bytes. */
  readonly trace?: Trace | undefined
  /** What opens sockets. Default: the one for the runtime we run on. */
  readonly dialer?: Dialer | undefined
}

/** How one request is treated. */
export interface GreetOptions {
  /** How long the request may take, retries included, in milliseconds; 0 for ever. Default: the client's `timeoutMs`. */
  readonly timeoutMs?: number | undefined
  /** Cancels the request; it then rejects with code `ABORTED` and the signal's reason as `cause`. */
  readonly signal?: AbortSignal | undefined
  /** Whether a request that may have been executed is sent again, once. Default false. */
  readonly idempotent?: boolean | undefined
}

/** How a ping is treated. */
export type PingOptions = Omit<GreetOptions, 'idempotent'>

/** What a client tells its listeners. */
export interface ClientEvents {
  /** A connection is open that replaces another. The first one is not told: `connect` resolves when it is open. */
  connect: ServerInfo
  /** The server lets go of a connection; a new one is opened when it is needed. */
  goodbye: ReceivedGoodbye
  /** A request is sent again after `delayMs`, because of `error`. */
  retry: { readonly name: string; readonly error: GreetError; readonly delayMs: number }
}

type Listeners = { readonly [Event in keyof ClientEvents]: Set<(value: ClientEvents[Event]) => void> }

/**
 * Connects to a server: `tcp://host:port`, `host:port`, `tls://host:port` or `unix:///path`.
 *
 * Resolves when the server has told its limits. It tries once; later connections are retried with growing distances. Rejects with
 * GreetError if there is no server of this protocol, with UsageError for a bad target or option.
 */
export async function connect(target: string, options: ConnectOptions = {}): Promise<Client> {
  const { signal, trace, dialer = defaultDialer, ...given } = options
  const client = new Client({
    target: parseTarget(target),
    dialer,
    options: resolveClientOptions(given),
    trace: guarded(trace),
  })
  await client.start(signal)
  return client
}

/**
 * One client of one server: one connection at a time, replaced when it ends, with many requests in flight.
 *
 * A client with nothing in flight does not keep the process alive. Everything that is waited for settles: a request or ping at the
 * latest after `timeoutMs`, `connect` after `connectTimeoutMs`, `close` after `closeTimeoutMs`, unless that is 0.
 */
export class Client {
  readonly #setup: SessionSetup
  readonly #dispatcher: Dispatcher
  readonly #listeners: Listeners = { connect: new Set(), goodbye: new Set(), retry: new Set() }
  #server: ServerInfo = { ...SERVER_LIMIT_DEFAULTS, version: VERSIONS.lowest, agent: '' }

  /** Use `connect`. @internal */
  constructor(setup: SessionSetup) {
    this.#setup = setup
    this.#dispatcher = new Dispatcher(setup, {
      opened: (session) => this.#opened(session),
      goodbye: (goodbye) => this.#emit('goodbye', goodbye),
      retry: (call, error, delayMs) => this.#emit('retry', { name: call.text, error, delayMs }),
    })
  }

  /** What the server of the newest connection told: its limits and its agent text. Without a HELLO, the defaults. */
  get server(): ServerInfo {
    return this.#server
  }

  /** The options in force, every default filled in. */
  get options(): ClientOptions {
    return this.#setup.options
  }

  /** The target as a URL. */
  get target(): string {
    return this.#setup.target.text
  }

  /** Greets one name. Rejects with GreetError, and with UsageError for what is not a string. */
  async greet(name: string, options: GreetOptions = {}): Promise<string> {
    const settled = Promise.withResolvers<string>()
    const call = new SingleGreet(name, this.#timeoutMs(options), options.idempotent ?? false, settled)
    this.#submit(call, options.signal)
    return settled.promise
  }

  /** Measures one round trip to the server, greeters not included, in milliseconds. Rejects with GreetError. */
  async ping(options: PingOptions = {}): Promise<number> {
    const settled = Promise.withResolvers<number>()
    this.#submit(new SinglePing(this.#timeoutMs(options), settled), options.signal)
    return settled.promise
  }

  /**
   * Greets every name of a sequence, `concurrency` at once, and yields one result for each, in the order of the input.
   *
   * Names are read only as far as there is room, so sequences without end are fine. The first error is thrown, unless `errors` is
   * `yield`. Leaving the loop cancels what is on its way. Throws UsageError for names that are no sequence, such as one string.
   */
  greetAll(
    names: Iterable<string> | AsyncIterable<string>,
    options?: GreetAllOptions & { readonly errors?: 'throw' },
  ): AsyncGenerator<Greeted, void, undefined>
  greetAll(
    names: Iterable<string> | AsyncIterable<string>,
    options: GreetAllOptions,
  ): AsyncGenerator<Greeted | NotGreeted, void, undefined>
  greetAll(
    names: Iterable<string> | AsyncIterable<string>,
    options: GreetAllOptions = {},
  ): AsyncGenerator<Greeted | NotGreeted, void, undefined> {
    const { maxInFlight } = this.options
    const setup = greetAllSetup(names, options, { maxInFlight, timeoutMs: this.#timeoutMs(options) })
    const host = {
      submit: (call: GreetCall) => this.#dispatcher.submit(call, { bounded: true }),
      abandon: (call: GreetCall, reason: string) => this.#dispatcher.abandon(call, reason, { code: 'ABORTED' }),
      flush: () => this.#dispatcher.flush(),
    }
    return greetAll(host, names, setup)
  }

  /** Listens to an event; returns what ends the listening. What a listener throws is thrown again outside of the client. */
  on<Event extends keyof ClientEvents>(event: Event, listener: (value: ClientEvents[Event]) => void): () => void {
    const listeners: Listeners[Event] = this.#listeners[event]
    listeners.add(listener)
    return () => void listeners.delete(listener)
  }

  /**
   * Closes the client: refuses further calls, waits for those in flight, half-closes, and waits for the server's FIN.
   *
   * What is not done after `closeTimeoutMs` is cancelled and ends with code `CLIENT_CLOSED`; what was given up before is not waited
   * for. Never rejects; may be called again.
   */
  close(): Promise<void> {
    return this.#dispatcher.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  /** Opens the first connection. @internal */
  async start(signal: AbortSignal | undefined): Promise<void> {
    const abort = (): void => this.#dispatcher.giveUpStart(signal?.reason)
    signal?.addEventListener('abort', abort, { once: true })
    try {
      await this.#dispatcher.start(signal)
    } catch (error) {
      await this.close()
      throw error
    } finally {
      signal?.removeEventListener('abort', abort)
    }
  }

  #submit(call: GreetCall | PingCall, signal: AbortSignal | undefined): void {
    const aborted = (): { code: 'ABORTED'; cause: unknown } => ({ code: 'ABORTED', cause: signal?.reason })
    if (signal?.aborted) return call.fail(this.#dispatcher.errorFor(call, ABORTED, aborted()))
    const abort = (): void => this.#dispatcher.abandon(call, ABORTED, aborted())
    if (signal) call.onSettled = () => signal.removeEventListener('abort', abort)
    signal?.addEventListener('abort', abort, { once: true })
    this.#dispatcher.submit(call)
  }

  #timeoutMs({ timeoutMs = this.options.timeoutMs }: PingOptions): number {
    if (Number.isFinite(timeoutMs) && timeoutMs >= 0) return timeoutMs
    throw new UsageError(`Cannot greet: timeoutMs is ${timeoutMs}, allowed is a number from 0`)
  }

  #opened(session: ClientSession): void {
    this.#server = session.server ?? this.#server
    this.#emit('connect', this.#server)
  }

  #emit<Event extends keyof ClientEvents>(event: Event, value: ClientEvents[Event]): void {
    const listeners: Listeners[Event] = this.#listeners[event]
    for (const listener of listeners) outside(() => listener(value))
  }
}

const ABORTED = 'the caller aborted'

/** Runs code of the application; what it throws must not stop the client in the middle of its work. */
function outside(run: () => void): void {
  try {
    run()
  } catch (error) {
    queueMicrotask(() => {
      throw error
    })
  }
}

function guarded(trace: Trace | undefined): Trace | undefined {
  return trace && ((event) => outside(() => trace(event)))
}
