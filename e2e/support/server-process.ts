/**
 * A server in a process of its own, which tells its story as events on stdout.
 *
 * Every wait ends: with the event, or with an error that shows what the process said before it ended.
 */

import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { GREET } from './program.ts'
import { binaryOf, type RuntimeName } from './runtimes.ts'

/** One line of `greet serve --json`. */
export interface ServerEvent {
  readonly event: string
  readonly [field: string]: unknown
}

/** A running server. */
export class ServerProcess implements AsyncDisposable {
  readonly events: ServerEvent[] = []
  stderr = ''
  readonly #child: ChildProcessWithoutNullStreams
  readonly #exited: Promise<number | null>
  readonly #waiting = new Set<() => void>()
  #ended = false

  private constructor(binary: string, args: readonly string[], environment: Record<string, string>) {
    this.#child = spawn(binary, args, { stdio: 'pipe', env: { ...process.env, ...environment } })
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => (this.stderr += text))
    createInterface({ input: this.#child.stdout }).on('line', (line) => {
      this.events.push(JSON.parse(line) as ServerEvent)
      this.#changed()
    })
    this.#exited = new Promise((resolve, reject) => {
      this.#child.once('error', reject)
      this.#child.once('close', (code) => {
        this.#ended = true
        this.#changed()
        resolve(code)
      })
    })
  }

  /** Starts `greet serve` on free ports and waits until it listens. */
  static serve(
    runtime: RuntimeName,
    args: readonly string[],
    environment: Record<string, string> = {},
  ): Promise<ServerProcess> {
    const serve = ['serve', '--json', '--port', '0', '--text-port', '0', '--threads', '2']
    return ServerProcess.start(runtime, [GREET, ...serve, ...args], environment)
  }

  /** Starts any program that tells its story like `greet serve --json`. */
  static async start(
    runtime: RuntimeName,
    args: readonly string[],
    environment: Record<string, string> = {},
  ): Promise<ServerProcess> {
    const server = new ServerProcess(binaryOf(runtime), args, environment)
    await server.heard('listening')
    return server
  }

  get pid(): number {
    return this.#child.pid as number
  }

  /** Where the framed protocol is served, as a URL. */
  get address(): string {
    return this.events[0]?.['address'] as string
  }

  /** Where the plain text protocol is served. */
  get textPort(): number {
    return Number(new URL(this.events[0]?.['textAddress'] as string).port)
  }

  /** Waits until an event was heard `count` times, and returns all of its kind. */
  async heard(event: string, count = 1): Promise<ServerEvent[]> {
    for (;;) {
      const found = this.events.filter((each) => each.event === event)
      if (found.length >= count) return found
      if (this.#ended) throw new Error(`The server ended before "${event}" came ${count} times: ${this.stderr}`)
      await new Promise<void>((resolve) => this.#waiting.add(resolve))
    }
  }

  /** Asks the server to stop and waits for its end. Throws if that is not a clean one. */
  async stop(): Promise<void> {
    if (!this.#ended) this.#child.kill('SIGTERM')
    const code = await this.#exited
    if (code !== 0) throw new Error(`The server ended with exit code ${code}: ${this.stderr}`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  #changed(): void {
    const waiting = [...this.#waiting]
    this.#waiting.clear()
    for (const resume of waiting) resume()
  }
}
