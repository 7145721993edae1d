/**
 * Logs the life of sockets for `-v`, each stage by its name, and for `-vv` every frame byte by byte.
 *
 * Frames are put together from what the sockets sent and received, so a frame is shown once its last byte has passed.
 */

import type { Sender } from './frames/frame-problem.ts'
import { FrameSplitter } from './frames/frame-splitter.ts'
import { renderPiece } from './frames/render-frame.ts'
import { type Output, writeLine } from './io.ts'
import { printableText, quotedText } from './printable-text.ts'

/** One stage of one socket. */
export interface SocketEvent {
  /** socket, bind, listen, accept, connect, send, receive, close. */
  readonly stage: string
  /** Which socket, for people and as a key: empty if there is only one. */
  readonly socket: string
  readonly text: string
  readonly bytes?: Uint8Array | undefined
  /** What is spoken on it. */
  readonly protocol: 'framed' | 'text'
}

/** What a log is made with. */
export interface SocketLogOptions {
  /** Whether frames are shown too. */
  readonly frames: boolean
  /** Which side of its connections we are. */
  readonly side: Sender
  emphasize(text: string): string
}

/** The log of one run. */
export class SocketLog {
  readonly #output: Output
  readonly #options: SocketLogOptions
  readonly #splitters = new Map<string, FrameSplitter>()

  constructor(output: Output, options: SocketLogOptions) {
    this.#output = output
    this.#options = options
  }

  /** Logs one event. */
  add(event: SocketEvent): void {
    const { stage, socket, text } = event
    this.#write(`${stage.padEnd(7)}  ${socket === '' ? '' : `${socket}: `}${printableText(text)}`)
    if (event.bytes && this.#options.frames) this.#addBytes(event, event.bytes)
    if (stage === 'close') this.#end(socket)
  }

  #addBytes({ stage, socket, protocol }: SocketEvent, bytes: Uint8Array): void {
    if (protocol === 'text') {
      this.#write(`  ${quotedText(Buffer.from(bytes).toString())}`)
      return
    }
    const key = `${stage} ${socket}`
    const splitter = this.#splitters.get(key) ?? new FrameSplitter()
    this.#splitters.set(key, splitter)
    const from = (stage === 'send') === (this.#options.side === 'client') ? 'client' : 'server'
    for (const piece of splitter.push(bytes)) {
      const emphasize = (text: string): string => this.#options.emphasize(text)
      for (const line of renderPiece(piece, { from, emphasize })) this.#write(`  ${line}`)
    }
  }

  #end(socket: string): void {
    this.#splitters.delete(`send ${socket}`)
    this.#splitters.delete(`receive ${socket}`)
  }

  #write(line: string): void {
    void writeLine(this.#output, line)
  }
}
