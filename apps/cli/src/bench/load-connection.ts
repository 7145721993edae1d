/**
 * One connection of the load: keeps requests in flight and measures each.
 *
 * Closed loop: the next request goes when an answer comes. Fixed rate: a request is measured from when it fell due, not from when
 * it could be sent, so a server that stops for a second pays for every request of that second (no coordinated omission).
 */

import type { Socket } from 'node:net'
import { ClientConnection, type ReceivedError } from '@greetwire/protocol'

/** Told of everything that comes back. */
export interface LoadListener {
  greeted(latencyMs: number): void
  /** The server answered with an error. */
  failed(name: string): void
  /** The connection is gone; what was in flight is lost. */
  ended(reason: string): void
}

/** What a connection sends. */
export interface LoadConnectionOptions {
  readonly name: string
  readonly depth: number
  /** Whether requests fall due by `fallDue`, instead of whenever there is room. */
  readonly paced: boolean
}

/** Drives one connected socket. */
export class LoadConnection {
  readonly #socket: Socket
  readonly #options: LoadConnectionOptions
  readonly #listener: LoadListener
  readonly #connection: ClientConnection
  /** When each request that is in flight began, by id; 0 is none. The size is a power of two, with room for answers out of order. */
  readonly #startedAt: Float64Array
  readonly #due: number[] = []
  #nextId = 1
  #stopped = false
  /** When the chunk that is being judged arrived. */
  #now = 0

  constructor(socket: Socket, options: LoadConnectionOptions, listener: LoadListener) {
    this.#socket = socket
    this.#options = options
    this.#listener = listener
    this.#startedAt = new Float64Array(2 ** Math.ceil(Math.log2(options.depth * 8)))
    this.#connection = new ClientConnection(
      { agent: 'greet bench', maxInFlight: options.depth },
      {
        greeting: (id) => this.#settled(id, (latencyMs) => listener.greeted(latencyMs)),
        failed: (id, error) => this.#settled(id, () => listener.failed(errorText(error))),
        lost: () => {},
        pong: () => {},
        welcome: () => {},
        goodbye: () => {},
      },
    )
    socket.on('data', (chunk: Buffer) => this.#received(chunk))
    socket.on('error', () => {})
    socket.on('close', () => this.#closed())
  }

  /** Begins. */
  start(): void {
    this.#send()
  }

  /** Lets one more request fall due at `at`. */
  fallDue(at: number): void {
    this.#due.push(at)
    this.#send()
  }

  /** Sends no more and closes once every answer is there. */
  stop(): void {
    this.#stopped = true
    this.#connection.finish()
    this.#flush()
  }

  /** Closes at once. */
  destroy(): void {
    this.#stopped = true
    this.#socket.destroy()
  }

  #received(chunk: Uint8Array): void {
    this.#now = performance.now()
    this.#connection.receive(chunk)
    const { end } = this.#connection
    if (end && !this.#stopped) return this.#give(end.why === 'error' ? errorText(end.error) : end.why)
    this.#send()
  }

  #send(): void {
    const connection = this.#connection
    const mask = this.#startedAt.length - 1
    const { name, paced } = this.#options
    const now = performance.now()
    while (!this.#stopped && connection.room > 0 && this.#startedAt[this.#nextId & mask] === 0) {
      if (paced && this.#due.length === 0) break
      const began = paced ? (this.#due.shift() as number) : now
      if (!this.#sendOne(name)) return
      this.#startedAt[(this.#nextId - 1) & mask] = began
    }
    this.#flush()
  }

  /** False if the server's limit, which came with its WELCOME, does not allow the name; then this connection ends. */
  #sendOne(name: string): boolean {
    try {
      this.#nextId = this.#connection.greet(name) + 1
      return true
    } catch (error) {
      this.#give((error as Error).message)
      return false
    }
  }

  #flush(): void {
    const output = this.#connection.takeOutput()
    if (output) {
      this.#socket.write(output, () => {
        this.#connection.outputAccepted(output.length)
        if (!this.#stopped) this.#send()
      })
    }
    if (this.#connection.closing !== 'no') this.#socket.end()
  }

  #settled(id: number, tell: (latencyMs: number) => void): void {
    const slot = id & (this.#startedAt.length - 1)
    const began = this.#startedAt[slot] as number
    this.#startedAt[slot] = 0
    tell(this.#now - began)
  }

  #closed(): void {
    if (!this.#stopped) this.#give('the server closed the connection')
  }

  #give(reason: string): void {
    this.#stopped = true
    this.#socket.destroy()
    this.#listener.ended(reason)
  }
}

function errorText({ name, code }: ReceivedError): string {
  return name ?? `0x${code.toString(16).padStart(4, '0')}`
}
