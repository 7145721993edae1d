/**
 * One connection of the suite, in either role: writes any bytes, cut in any way, and hands out what arrives frame by
 * frame, until a header comes that no frame has. Judges nothing else; `wire-rules.ts` does. Owns its socket until `destroy()`.
 */
import { connect, type Socket } from 'node:net'
import { connect as connectTls, type ConnectionOptions } from 'node:tls'
import { CaseFailure, TimedOut } from './failure.ts'
import { FrameReader } from './frame-reader.ts'
import { isIgnorable, type Frame } from './frame.ts'
import { describeBegun, describeFrame, hex } from './frame-text.ts'
import { brokenHeader } from './header-rule.ts'
import { SentFrames } from './sent-frames.ts'
import { WireLog } from './wire-log.ts'

/** How the peer's side of a connection ended. */
export type PeerEnd = 'fin' | 'reset'

export interface RawPeerOptions {
  readonly label: string
  /** Longest wait for one expected thing, in milliseconds. */
  readonly reactionMs: number
  /** Speak TLS, with these options. */
  readonly tls?: ConnectionOptions | undefined
}

export class RawPeer {
  readonly log: WireLog
  readonly sent: SentFrames = new SentFrames()
  /** Every frame that arrived, ignorable ones included, with what had been sent by then. */
  readonly received: { readonly frame: Frame; readonly afterSending: boolean; readonly afterHello: boolean }[] = []
  readonly reader: FrameReader = new FrameReader((begun) => brokenHeader(begun, this.sent.allowed))
  readonly reactionMs: number
  bytesReceived = 0
  /** How the peer ended its side, once it did. */
  ended: PeerEnd | undefined
  /** The error that broke the connection, also when FIN had come before it. */
  broken: string | undefined
  /** True when the case speaks another protocol here, so that the frame rules do not apply. */
  foreign = false
  #transport: Socket
  /** Whether the suite itself ended the connection, so that the peer is not blamed for it. */
  #endedHere = false
  #cursor = 0
  #wake: (() => void) | undefined

  readonly socket: Socket

  constructor(socket: Socket, options: RawPeerOptions) {
    this.socket = socket
    this.#transport = socket
    this.log = new WireLog(options.label)
    this.reactionMs = options.reactionMs
    socket.setNoDelay(true)
    socket.on('data', (chunk: Buffer) => this.#arrived(chunk))
    socket.on('end', () => this.#finish('fin'))
    socket.on('error', (cause: NodeJS.ErrnoException) => {
      this.broken = cause.code ?? cause.message
      this.log.event('peer', `error ${this.broken}`)
      this.#finish('reset')
    })
    socket.on('close', () => this.#finish('reset'))
  }

  /** Connects; fails the case when the target does not accept in time. */
  static async connect(host: string, port: number, options: RawPeerOptions): Promise<RawPeer> {
    const transport = connect({ host, port, allowHalfOpen: true })
    const socket = options.tls ? connectTls({ ...options.tls, socket: transport }) : transport
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => {
        socket.destroy()
        reject(new TimedOut(`cannot connect to ${host}:${port} within ${options.reactionMs} ms`))
      }, options.reactionMs)
      socket.once(options.tls ? 'secureConnect' : 'connect', () => {
        clearTimeout(timer)
        resolve()
      })
      socket.once('error', (cause: NodeJS.ErrnoException) => {
        transport.destroy()
        clearTimeout(timer)
        reject(new CaseFailure(`cannot connect to ${host}:${port}: ${cause.code ?? cause.message}`))
      })
    })
    socket.removeAllListeners('error')
    const peer = new RawPeer(socket, options)
    peer.#transport = transport
    return peer
  }

  /** Writes bytes as one segment. Never waits; see `flushed`. */
  send(...parts: Uint8Array[]): void {
    const bytes = parts.length === 1 ? Buffer.from(parts[0]!) : Buffer.concat(parts)
    if (bytes.length === 0) return
    this.sent.push(bytes)
    this.log.bytes('suite', bytes)
    if (this.socket.writable) this.socket.write(bytes)
  }

  /** Writes bytes cut at the given offsets, yielding between the segments so that the peer can see each alone. */
  async sendCut(bytes: Buffer, cuts: readonly number[]): Promise<void> {
    let from = 0
    for (const to of [...cuts, bytes.length]) {
      if (to <= from) continue
      this.send(bytes.subarray(from, to))
      await this.flushed()
      await turn()
      from = to
    }
  }

  /** Waits until the kernel has taken everything written, or the connection ended. */
  async flushed(): Promise<void> {
    while (this.socket.writableLength > 0 && !this.socket.destroyed) {
      await new Promise<void>((resolve) => {
        const done = (): void => {
          this.socket.off('drain', done).off('close', done)
          resolve()
        }
        this.socket.once('close', done)
        this.socket.write('', done)
      })
    }
  }

  /** Sends FIN behind everything written. */
  fin(): void {
    this.log.event('suite', 'FIN')
    this.socket.end()
  }

  /** Sends FIN behind everything written; inside TLS without the close_notify that should come before it. */
  async bareFin(): Promise<void> {
    await this.flushed()
    this.log.event('suite', 'FIN without close_notify')
    this.#transport.end()
  }

  /** Sends RST. */
  reset(): void {
    this.log.event('suite', 'RST')
    this.#endedHere = true
    this.#transport.resetAndDestroy()
  }

  /** Stops reading, so that the peer's output backs up. */
  pause(): void {
    this.socket.pause()
  }

  resume(): void {
    this.socket.resume()
  }

  /** The next frame that is not ignorable, or how the connection ended. */
  async nextOrEnd(waitingFor: string, limitMs: number = this.reactionMs): Promise<Frame | PeerEnd> {
    for (;;) {
      while (this.#cursor < this.received.length) {
        const { frame } = this.received[this.#cursor++]!
        if (!isIgnorable(frame.type)) return frame
      }
      if (this.reader.broken !== undefined)
        throw new CaseFailure(`expected ${waitingFor}, got ${this.reader.broken} (${hex(this.reader.pending(), 16)})`)
      if (this.ended !== undefined) return this.ended
      await this.#arrival(waitingFor, limitMs)
    }
  }

  /** The next frame that is not ignorable; fails the case when the connection ends instead. */
  async next(waitingFor: string, limitMs: number = this.reactionMs): Promise<Frame> {
    const frame = await this.nextOrEnd(waitingFor, limitMs)
    if (typeof frame === 'string') throw new CaseFailure(`expected ${waitingFor}, got ${endName(frame)}`)
    return frame
  }

  /** Waits for the peer's FIN; a frame or a reset instead fails the case. */
  async expectFin(after: string, limitMs: number = this.reactionMs): Promise<void> {
    const frame = await this.nextOrEnd(`FIN after ${after}`, limitMs)
    if (frame === 'fin') return
    const got = typeof frame === 'string' ? endName(frame) : describeFrame(frame)
    throw new CaseFailure(`expected FIN after ${after}, got ${got}`)
  }

  /** Waits until the connection ended in any way, discarding frames. */
  async expectEnd(after: string, limitMs: number = this.reactionMs): Promise<PeerEnd> {
    for (;;) {
      const frame = await this.nextOrEnd(`the end of the connection after ${after}`, limitMs)
      if (typeof frame === 'string') return frame
    }
  }

  /** Waits until both sides have ended; fails the case when that was by an error. */
  async expectCleanClose(): Promise<void> {
    const deadline = performance.now() + this.reactionMs
    while (!this.socket.destroyed && this.broken === undefined) {
      if (performance.now() > deadline) throw new TimedOut('expected both sides to end, they did not')
      await turn()
    }
    if (this.broken !== undefined) throw new CaseFailure(`expected the connection to end in order, got ${this.broken}`)
  }

  /** Frees the socket without ceremony. */
  destroy(): void {
    this.#endedHere = true
    this.socket.destroy()
  }

  #arrived(chunk: Buffer): void {
    this.bytesReceived += chunk.length
    this.log.bytes('peer', chunk)
    const afterSending = this.sent.bytes > 0
    const afterHello = this.sent.helloSent
    for (const frame of this.foreign ? [] : this.reader.push(chunk))
      this.received.push({ frame, afterSending, afterHello })
    this.#wake?.()
  }

  #finish(end: PeerEnd): void {
    if (this.ended === undefined) {
      this.ended = end
      if (!this.#endedHere) this.log.event('peer', endName(end))
    }
    this.#wake?.()
  }

  #arrival(waitingFor: string, limitMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#wake = undefined
        const begun = this.reader.pendingBytes > 0 ? this.reader.pending() : undefined
        const got = begun === undefined ? 'nothing' : `${describeBegun(begun)} and no more`
        reject(new TimedOut(`expected ${waitingFor}, got ${got} within ${Math.round(limitMs)} ms`))
      }, limitMs)
      this.#wake = () => {
        this.#wake = undefined
        clearTimeout(timer)
        resolve()
      }
    })
  }
}

/** Lets the event loop turn once, so that a written segment leaves alone (as far as TCP allows). */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

function endName(end: PeerEnd): string {
  return end === 'fin' ? 'FIN' : 'a reset'
}
