/**
 * Drives a server-side connection as a session does, with a kernel that takes as many bytes as a test allows, a clock that a test
 * moves, and a greeter that a test answers by hand.
 */

import {
  type Answer,
  type Closing,
  type Connection,
  type RequestHandler,
  ServerConnection,
  type ServerConnectionOptions,
  type ServerState,
  TextConnection,
} from '../../src/index.ts'
import { concat } from '../raw-frames.ts'
import { describeFrames } from './frame-words.ts'

/** Limits as without any option, and timers that differ, so that a test tells which one fired. */
export const OPTIONS: ServerConnectionOptions = {
  maxName: 1_024,
  maxPayload: 4_096,
  maxInFlight: 256,
  idleTimeoutMs: 300_000,
  frameTimeoutMs: 10_000,
  stallTimeoutMs: 20_000,
  lingerTimeoutMs: 5_000,
  drainTimeoutMs: 30_000,
  maxAgeMs: 3_600_000,
  agent: 'greetwire/1.0',
}

export type OptionsChange = Partial<ServerConnectionOptions>

abstract class ConnectionDriver<Driven extends Connection> implements RequestHandler {
  readonly connection: Driven
  now = 0
  /** What the connection asked of its handler, in order. */
  readonly asked: string[] = []
  /** How many more bytes the kernel takes. */
  kernelRoom = Infinity
  /** How `greet` and `cancel` answer; not at all by default. */
  onGreet: (id: number, name: string) => Answer | undefined = () => undefined
  onCancel: (id: number) => Answer | undefined = () => undefined
  readonly #given: Uint8Array[] = []
  #unwritten = 0

  constructor(create: (handler: RequestHandler) => Driven) {
    this.connection = create(this)
  }

  greet(id: number, name: string): Answer | undefined {
    this.asked.push(`greet ${id} ${name}`)
    return this.onGreet(id, name)
  }

  cancel(id: number): Answer | undefined {
    this.asked.push(`cancel ${id}`)
    return this.onCancel(id)
  }

  abandon(): void {
    this.asked.push('abandon')
  }

  /** Every byte that the connection gave to be sent. */
  get output(): Uint8Array {
    return concat(...this.#given)
  }

  /** Delivers each chunk by itself. */
  receive(...chunks: readonly Uint8Array[]): this {
    for (const chunk of chunks) this.step((connection) => connection.receive(chunk, this.now))
    return this
  }

  end(): this {
    return this.step((connection) => connection.end(this.now))
  }

  reset(): this {
    return this.step((connection) => connection.reset())
  }

  /** Brings answers in one round, as a pool does. */
  reply(...answers: readonly (readonly [id: number, answer: Answer])[]): this {
    for (const [id, answer] of answers) this.connection.reply(id, answer)
    return this.step((connection) => connection.proceed(this.now))
  }

  /** Brings a greeting for each id. */
  greetAll(...ids: readonly number[]): this {
    return this.reply(...ids.map((id) => [id, `Hello ${id}`] as const))
  }

  drain(deadline: number = this.now + 60_000): this {
    return this.step((connection) => connection.drain('SHUTTING_DOWN', this.now, deadline))
  }

  fail(code: 'SERVER_FULL' | 'INTERNAL', detail = 0): this {
    return this.step((connection) => connection.fail(code, this.now, detail))
  }

  /** Lets the kernel take `count` more bytes. */
  kernelTakes(count: number): this {
    this.kernelRoom += count
    const taken = Math.min(this.#unwritten, this.kernelRoom)
    this.kernelRoom -= taken
    this.#unwritten -= taken
    return this.step((connection) => connection.outputAccepted(taken, this.now))
  }

  /** Moves the clock; every timer fires at its time. */
  passUntil(time: number): this {
    while (this.connection.deadline <= time) {
      const { deadline } = this.connection
      this.now = Math.max(this.now, deadline)
      this.step((connection) => connection.tick(this.now))
      if (this.connection.deadline === deadline) throw new Error(`The timer due at ${deadline} did not go off`)
    }
    this.now = time
    // A sweep may look at any time; nothing is due now.
    return this.step((connection) => connection.tick(time))
  }

  /** Carries `act` out, then moves what came of it. */
  step(act: (connection: Driven) => void): this {
    act(this.connection)
    while (this.#unwritten === 0) {
      const output = this.connection.takeOutput()
      if (!output) break
      this.#given.push(output)
      const taken = Math.min(output.length, this.kernelRoom)
      this.kernelRoom -= taken
      this.#unwritten = output.length - taken
      this.connection.outputAccepted(taken, this.now)
    }
    return this
  }
}

/** Drives a ServerConnection. */
export class ServerDriver extends ConnectionDriver<ServerConnection> {
  constructor(options: OptionsChange = {}) {
    super((handler) => new ServerConnection({ ...OPTIONS, ...options }, handler, 0))
  }

  /** The frames that the connection wrote, each in words. */
  get frames(): string[] {
    return describeFrames(this.output)
  }

  /** Where the connection stands. */
  get standing(): { state: ServerState; closing: Closing } {
    const { state, closing } = this.connection
    return { state, closing }
  }

  /** All that can be seen from outside, to be compared between two runs. */
  get seen(): unknown {
    const { state, closing, wantsRead, deadline } = this.connection
    return { frames: this.frames, asked: this.asked, state, closing, wantsRead, deadline }
  }
}

/** Drives a TextConnection. */
export class TextDriver extends ConnectionDriver<TextConnection> {
  constructor(options: OptionsChange = {}) {
    super((handler) => new TextConnection({ ...OPTIONS, ...options }, handler, 0))
  }

  /** What the connection wrote. */
  get text(): string {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(this.output)
  }

  /** All that can be seen from outside, to be compared between two runs. */
  get seen(): unknown {
    const { closing, wantsRead, deadline } = this.connection
    return { text: this.text, asked: this.asked, closing, wantsRead, deadline }
  }
}
