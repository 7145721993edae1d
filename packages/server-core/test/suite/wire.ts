/**
 * A client that is nothing but a socket: it sends what it is told, keeps what it receives, and tells a FIN from a reset.
 *
 * Every wait ends: with what was waited for, or with an error that says how the connection ended instead.
 */

import net from 'node:net'
import tls from 'node:tls'
import { FrameReader, type ReceivedFrame } from './frames.ts'

/** How the server ended a connection. */
export type WireEnd = 'FIN' | 'reset'

/** A connected client. */
export class Wire {
  readonly socket: net.Socket
  readonly #chunks: Buffer[] = []
  readonly #reader = new FrameReader()
  readonly #frames: ReceivedFrame[] = []
  readonly #waiting = new Set<() => void>()
  #end: WireEnd | undefined
  #bytesReceived = 0

  constructor(socket: net.Socket) {
    this.socket = socket
    socket.on('data', (chunk: Buffer) => {
      this.#bytesReceived += chunk.length
      this.#chunks.push(chunk)
      this.#changed()
    })
    socket.on('end', () => this.#ended('FIN'))
    socket.on('error', () => this.#ended('reset'))
    socket.on('close', () => this.#ended('reset'))
  }

  /** Connects to a server's address: `tcp://host:port`, `unix:///path`, or with `secure` given `tls://host:port`. */
  static connect(address: string, secure?: tls.ConnectionOptions): Promise<Wire> {
    const where = connectOptions(address)
    return new Promise((resolve, reject) => {
      const socket = secure
        ? tls.connect(Object.assign(where, secure, { allowHalfOpen: true }))
        : net.connect({ ...where, allowHalfOpen: true, noDelay: true } as net.NetConnectOpts)
      socket.once('error', reject)
      socket.once(secure ? 'secureConnect' : 'connect', () => {
        socket.off('error', reject)
        resolve(new Wire(socket))
      })
    })
  }

  /** Sends each piece by a write of its own. */
  send(...pieces: readonly (Uint8Array | string)[]): this {
    for (const piece of pieces) this.socket.write(piece)
    return this
  }

  /** Sends byte by byte, each as a segment of its own as far as that can be asked for. */
  async sendBytewise(bytes: Uint8Array): Promise<void> {
    for (const byte of bytes) {
      await new Promise<void>((resolve) => this.socket.write(Uint8Array.of(byte), () => resolve()))
    }
  }

  /** Sends FIN and reads on. */
  fin(): this {
    this.socket.end()
    return this
  }

  /** Sends RST. */
  reset(): this {
    this.socket.resetAndDestroy()
    return this
  }

  /** Stops reading, so that the server's output waits once the buffers of the kernel are full. */
  pause(): this {
    this.socket.pause()
    return this
  }

  resume(): this {
    this.socket.resume()
    return this
  }

  /** Releases the socket. */
  close(): void {
    this.socket.destroy()
  }

  get bytesReceived(): number {
    return this.#bytesReceived
  }

  /** The next frame of the server. */
  async frame(): Promise<ReceivedFrame> {
    await this.#until(() => this.#decode() > 0, 'a frame')
    return this.#frames.shift() as ReceivedFrame
  }

  /** The next `count` frames. */
  async frames(count: number): Promise<ReceivedFrame[]> {
    await this.#until(() => this.#decode() >= count, `${count} frames`)
    return this.#frames.splice(0, count)
  }

  /** Every frame until the server's FIN; an error if the connection ends in another way or inside a frame. */
  async framesToFin(): Promise<ReceivedFrame[]> {
    const { frames, end } = await this.framesToEnd()
    if (end !== 'FIN' || this.#reader.begun) throw new Error(`Expected a FIN behind ${describe(frames)}, got ${end}`)
    return frames
  }

  /** Every frame until the server ends the connection, and how it did. */
  async framesToEnd(): Promise<{ frames: ReceivedFrame[]; end: WireEnd }> {
    const end = await this.ended()
    this.#decode()
    return { frames: this.#frames.splice(0), end }
  }

  /** Every byte until the server's FIN, as text; for the text port. */
  async textToFin(): Promise<string> {
    const end = await this.ended()
    const received = Buffer.concat(this.#chunks.splice(0)).toString()
    if (end !== 'FIN') throw new Error(`Expected a FIN behind ${JSON.stringify(received)}, got ${end}`)
    return received
  }

  /** The next line of the text port, without its LF. */
  async line(): Promise<string> {
    let received: Buffer = Buffer.alloc(0)
    await this.#until(() => {
      received = Buffer.concat(this.#chunks)
      return received.includes(0x0a)
    }, 'a line')
    const length = received.indexOf(0x0a)
    this.#chunks.splice(0, this.#chunks.length, received.subarray(length + 1))
    return received.subarray(0, length).toString()
  }

  /** Waits for the server's FIN or reset. */
  async ended(): Promise<WireEnd> {
    await this.#until(() => this.#end !== undefined, 'the end')
    return this.#end as WireEnd
  }

  /** Waits until `count` bytes in all were received. */
  async received(count: number): Promise<void> {
    await this.#until(() => this.#bytesReceived >= count, `${count} bytes`)
  }

  #decode(): number {
    for (const chunk of this.#chunks.splice(0)) this.#frames.push(...this.#reader.read(chunk))
    return this.#frames.length
  }

  async #until(isThere: () => boolean, what: string): Promise<void> {
    while (!isThere()) {
      if (this.#end !== undefined) {
        throw new Error(`Expected ${what}, got a ${this.#end} behind ${describe(this.#frames)}`)
      }
      await new Promise<void>((resolve) => this.#waiting.add(resolve))
    }
  }

  #ended(end: WireEnd): void {
    this.#end ??= end
    this.#changed()
  }

  #changed(): void {
    const waiting = [...this.#waiting]
    this.#waiting.clear()
    for (const resume of waiting) resume()
  }
}

function describe(frames: readonly ReceivedFrame[]): string {
  return frames.length === 0 ? 'nothing' : JSON.stringify(frames.slice(-5))
}

/** What `net.connect` wants to hear of an address. */
export function connectOptions(address: string): { host: string; port: number } | { path: string } {
  const url = new URL(address)
  if (url.protocol === 'unix:') return { path: decodeURIComponent(url.pathname) }
  return { host: url.hostname.replace(/^\[(.*)\]$/, '$1'), port: Number(url.port) }
}
