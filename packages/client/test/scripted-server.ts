/**
 * A server that does what a test tells it, right or wrong: it accepts, and each connection runs a script that reads frames and
 * sends bytes. It listens on loopback only and is gone when the test is.
 */

import { once } from 'node:events'
import net from 'node:net'
import tls from 'node:tls'
import {
  encodeFrame,
  ErrorFrame,
  type Frame,
  FrameDecoder,
  Goodbye,
  Greeting,
  Pong,
  Welcome,
} from '@greetwire/protocol'
import type { Identity } from './certificates.ts'

/** What a script does with one connection. What it throws fails the test that closes the server. */
export type Script = (peer: Peer, connection: number) => Promise<void> | void

export interface ScriptedServerOptions {
  readonly unix?: string
  readonly tls?: tls.TlsOptions & Identity
}

export class ScriptedServer {
  readonly peers: Peer[] = []
  readonly #server: net.Server
  readonly #errors: unknown[] = []
  #target = ''

  private constructor(script: Script, options: ScriptedServerOptions) {
    const accept = (socket: net.Socket): void => {
      const peer = new Peer(socket)
      this.peers.push(peer)
      Promise.resolve(script(peer, this.peers.length)).catch((error: unknown) => {
        if (!(error instanceof PeerGone)) this.#errors.push(error)
      })
    }
    this.#server = options.tls
      ? tls.createServer({ ALPNProtocols: ['greetwire'], ...options.tls }, accept)
      : net.createServer({ allowHalfOpen: true, noDelay: true }, accept)
    this.#server.on('tlsClientError', () => undefined)
  }

  /** Starts a server that runs `script` for each connection. */
  static async start(script: Script, options: ScriptedServerOptions = {}): Promise<ScriptedServer> {
    const server = new ScriptedServer(script, options)
    if (options.unix) server.#server.listen(options.unix)
    else server.#server.listen(0, '127.0.0.1')
    await once(server.#server, 'listening')
    const address = server.#server.address() as net.AddressInfo
    const scheme = options.tls ? 'tls' : 'tcp'
    server.#target = options.unix ? `unix://${options.unix}` : `${scheme}://127.0.0.1:${address.port}`
    return server
  }

  get target(): string {
    return this.#target
  }

  /** Refuses further connections. */
  stopListening(): void {
    this.#server.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#server.close()
    for (const peer of this.peers) peer.destroy()
    const [error] = this.#errors
    return this.#errors.length > 0 ? Promise.reject(error) : Promise.resolve()
  }
}

/** The client hung up while the script waited for more. */
export class PeerGone extends Error {}

/** One connection as the script sees it. */
export class Peer {
  /** Every byte that came. */
  readonly received: number[] = []
  /** Whether the client's FIN came, or the connection is gone. */
  readonly ended: Promise<void>
  /** Whether the client's FIN is answered with ours. */
  answersFin = true
  readonly #socket: net.Socket
  readonly #decoder = new FrameDecoder({ maxPayload: 65_535 })
  readonly #frames: Frame[] = []
  #wake: (() => void) | undefined
  #gone = false

  constructor(socket: net.Socket) {
    this.#socket = socket
    this.ended = new Promise((resolve) => {
      const end = (): void => {
        this.#gone = true
        this.#wake?.()
        resolve()
      }
      socket.on('end', () => {
        if (this.answersFin) socket.end()
        end()
      })
      socket.on('close', end)
    })
    socket.on('error', () => undefined)
    socket.on('data', (chunk: Uint8Array) => {
      this.received.push(...chunk)
      this.#decoder.push(chunk)
      for (let frame = this.#decoder.next(); frame && 'type' in frame; frame = this.#decoder.next())
        this.#frames.push(frame)
      this.#wake?.()
    })
  }

  /** How many whole frames wait to be read. */
  get buffered(): number {
    return this.#frames.length
  }

  /** The next frame. Throws PeerGone if the client ends before it. */
  async frame(): Promise<Frame> {
    while (this.#frames.length === 0) {
      if (this.#gone) throw new PeerGone('The client hung up')
      // The frames come one by one, so there is nothing to wait for at once.
      // oxlint-disable-next-line no-await-in-loop
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    return this.#frames.shift() as Frame
  }

  /** The next frame as text: the names of NAMEs, else the word for its type; with the id. */
  async word(): Promise<string> {
    const { type, id, payload } = await this.frame()
    return type === 0x03 ? `NAME ${id} ${Buffer.from(payload).toString()}` : `${WORDS[type] ?? type} ${id}`
  }

  send(...parts: readonly (Uint8Array | string)[]): void {
    this.#socket.write(Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : part))))
  }

  /** Sends each byte in a write of its own, with a turn of the event loop between. */
  async sendBytewise(bytes: Uint8Array): Promise<void> {
    for (const byte of bytes) {
      this.send(Uint8Array.of(byte))
      // oxlint-disable-next-line no-await-in-loop
      await new Promise((resolve) => setImmediate(resolve))
    }
  }

  /** Reads the HELLO and answers with a WELCOME. */
  async welcome(limits: WelcomeLimits = {}): Promise<void> {
    await this.frame()
    this.send(welcome(limits))
  }

  /** Greets every NAME and answers every PING until the client ends. */
  async serve(): Promise<void> {
    for (;;) {
      // oxlint-disable-next-line no-await-in-loop
      const { type, id, payload } = await this.frame()
      if (type === 0x03) this.send(greeting(id, `Hello ${Buffer.from(payload).toString()}`))
      if (type === 0x06) this.send(pong(id))
    }
  }

  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  fin(): void {
    this.#socket.end()
  }

  reset(): void {
    this.#socket.resetAndDestroy()
  }

  destroy(): void {
    this.#socket.destroy()
  }
}

const WORDS: Readonly<Record<number, string>> = { 0x01: 'HELLO', 0x06: 'PING', 0x08: 'CANCEL' }

export interface WelcomeLimits {
  readonly version?: number
  readonly maxName?: number
  readonly maxPayload?: number
  readonly maxInFlight?: number
  readonly agent?: string
}

export function welcome(limits: WelcomeLimits = {}): Uint8Array {
  const defaults = {
    version: 1,
    maxName: 1_024,
    maxPayload: 4_096,
    maxInFlight: 256,
    idleTimeoutMs: 0,
    agent: 'script',
  }
  return encodeFrame(Welcome, { ...defaults, ...limits })
}

export function greeting(id: number, text: string): Uint8Array {
  return encodeFrame(Greeting, { greeting: text }, id)
}

export function pong(id: number): Uint8Array {
  return encodeFrame(Pong, {}, id)
}

export function errorFrame(id: number, code: number, detail = 0, message = ''): Uint8Array {
  return encodeFrame(ErrorFrame, { code, detail, message }, id)
}

export function goodbye(last: number, reason = 0x0001): Uint8Array {
  return encodeFrame(Goodbye, { reason, message: '' }, last)
}

/** A frame of any type and payload. */
export function rawFrame(type: number, id: number, payload: Uint8Array = new Uint8Array(0)): Uint8Array {
  const header = new DataView(new ArrayBuffer(8))
  header.setUint32(0, payload.length * 256 + type)
  header.setUint32(4, id)
  return Buffer.concat([new Uint8Array(header.buffer), payload])
}
