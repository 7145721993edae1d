/** What a case of the server role works with: connections to the target, its limits, randomness, and a way to speak up. */
import { existsSync, readFileSync } from 'node:fs'
import type { ConnectionOptions } from 'node:tls'
import type { ServerTarget } from '../target/server-target.ts'
import { openDescriptors, residentBytes } from '../target/process-gauge.ts'
import { CaseFailure, check, Unsupported } from '../wire/failure.ts'
import { hello, type Hello, type Welcome } from '../wire/frame.ts'
import { RawPeer } from '../wire/raw-peer.ts'
import { TextPeer } from '../wire/text-peer.ts'
import { expectWelcome } from '../cases/expect.ts'
import type { Random } from './random.ts'
import type { Trace } from './runner.ts'
import type { Timing } from './timing.ts'

export interface ServerTestParts {
  readonly target: ServerTarget
  readonly limits: Welcome
  readonly timing: Timing
  readonly random: Random
  readonly seed: number
  readonly executionLog?: string
  /** Speak TLS on every connection. */
  readonly tls?: ConnectionOptions | undefined
}

export class ServerTest implements Trace {
  readonly peers: RawPeer[] = []
  readonly softFailures: string[] = []
  readonly notes: string[] = []
  readonly target: ServerTarget
  /** What the target's WELCOME advertises. */
  readonly limits: Welcome
  readonly timing: Timing
  readonly random: Random
  /** Set by cases that end the server: no fresh connection is tried afterwards. */
  serverMayBeGone = false
  readonly #executionLog: string | undefined
  readonly #tls: ConnectionOptions | undefined

  constructor(parts: ServerTestParts) {
    this.target = parts.target
    this.limits = parts.limits
    this.timing = parts.timing
    this.random = parts.random
    this.#executionLog = parts.executionLog
    this.#tls = parts.tls
  }

  /** Opens a connection; the rules of every connection are checked on it when the case is done. */
  async connect(
    port: number = this.target.port,
    security: ConnectionOptions | 'plain' = this.#tls ?? 'plain',
  ): Promise<RawPeer> {
    const label = `connection ${this.peers.length + 1}`
    const peer = await RawPeer.connect(this.target.host, port, {
      label,
      reactionMs: this.timing.reactionMs,
      tls: security === 'plain' ? undefined : security,
    })
    this.peers.push(peer)
    return peer
  }

  /** Opens a connection and exchanges HELLO and WELCOME. */
  async connectWithHello(fields: Partial<Hello> = {}): Promise<RawPeer> {
    const peer = await this.connect()
    peer.send(hello(fields))
    await expectWelcome(peer)
    return peer
  }

  /** Opens `count` connections. */
  async connectMany(count: number): Promise<RawPeer[]> {
    const peers: RawPeer[] = []
    for (let index = 0; index < count; index += 1) peers.push(await this.connect())
    return peers
  }

  /** Opens a connection to the text port. */
  async connectText(): Promise<TextPeer> {
    const { textPort } = this.target
    check(textPort !== undefined, 'the target claims the feature "text" and reports no textPort')
    const peer = await this.connect(textPort, 'plain')
    return new TextPeer(peer)
  }

  /** Records the failure of a SHOULD. */
  should(condition: boolean, message: string): void {
    if (!condition) this.softFailures.push(message)
  }

  /** Adds a remark to the report. */
  note(text: string): void {
    this.notes.push(text)
  }

  /** Resident memory of the server in bytes. */
  memory(): number {
    const bytes = this.target.pid === undefined ? undefined : residentBytes(this.target.pid)
    if (bytes === undefined) throw new Unsupported('the memory of the server cannot be read here')
    return bytes
  }

  /** Open descriptors of the server. */
  descriptors(): number {
    const count = this.target.pid === undefined ? undefined : openDescriptors(this.target.pid)
    if (count === undefined) throw new Unsupported('the descriptors of the server cannot be read here')
    return count
  }

  /** The names that the conformance greeter has executed so far; a line that is still being written does not count. */
  executedNames(): string[] {
    if (this.#executionLog === undefined) throw new Unsupported('the case did not ask for an execution log')
    const lines = existsSync(this.#executionLog) ? readFileSync(this.#executionLog, 'utf8').split('\n') : ['']
    return lines.slice(0, -1).map(loggedName)
  }

  wire(): string[] {
    const shown = this.peers.length > 4 ? [...this.peers.slice(0, 2), ...this.peers.slice(-2)] : this.peers
    return shown.flatMap((peer) => [`${peer.log.label}:`, ...peer.log.lines(80)])
  }
}

/** Polls until a condition about the server's process holds; the only kind of wait that cannot be an event. */
export async function eventually(condition: () => boolean, limitMs: number, everyMs = 20): Promise<boolean> {
  const deadline = performance.now() + limitMs
  while (!condition()) {
    if (performance.now() >= deadline) return false
    await new Promise((resolve) => setTimeout(resolve, everyMs))
  }
  return true
}

function loggedName(line: string): string {
  try {
    const name: unknown = JSON.parse(line)
    if (typeof name === 'string') return name
  } catch {
    // Told below.
  }
  throw new CaseFailure(`expected each line of the execution log to be a JSON string, got ${line.slice(0, 80)}`)
}
