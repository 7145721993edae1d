/** Puts frames of the reference client on its socket, in one of the ways that the specification leaves open (or with a fault). */
import type { Socket } from 'node:net'
import { grease } from '../../src/wire/frame.ts'
import type { HasClientBug } from './client-bugs.ts'

export class ClientOutput {
  readonly #socket: Socket
  readonly #has: HasClientBug
  #held: Buffer[] = []
  #ending = false
  #waits = false
  #singles = 0
  #frames = 0

  constructor(socket: Socket, has: HasClientBug) {
    this.#socket = socket
    this.#has = has
    socket.on('drain', () => socket.resume())
  }

  write(frame: Buffer): void {
    this.#frames += 1
    if (this.#has('grease-everywhere')) this.#put(grease(this.#frames, Buffer.from('grease'), this.#frames))
    this.#put(frame)
  }

  /** Sends FIN behind everything written. */
  end(): void {
    this.#ending = true
    if (this.#held.length === 0) this.#socket.end()
  }

  #put(bytes: Buffer): void {
    if (!this.#has('hold-20ms')) return this.#now(bytes)
    this.#held.push(bytes)
    if (!this.#waits) setTimeout(() => this.#release(), 20)
    this.#waits = true
  }

  #release(): void {
    this.#waits = false
    for (const bytes of this.#held.splice(0)) this.#now(bytes)
    if (this.#ending) this.#socket.end()
  }

  #now(bytes: Buffer): void {
    if (!this.#socket.writable) return
    let at = 0
    // So many bytes alone show what there is to see.
    for (; this.#has('byte-per-write') && at < bytes.length && this.#singles < 400; at += 1, this.#singles += 1)
      this.#socket.write(bytes.subarray(at, at + 1))
    if (at < bytes.length) this.#socket.write(bytes.subarray(at))
    if (this.#has('deaf-while-writing') && this.#socket.writableNeedDrain) this.#socket.pause()
  }
}
