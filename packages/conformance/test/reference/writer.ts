/** Puts frames on a socket once a turn, in one of the ways that the specification leaves open (or with a fault). */
import type { Socket } from 'node:net'
import { grease } from '../../src/wire/frame.ts'
import type { Has } from './bugs.ts'

export class Writer {
  readonly #socket: Socket
  readonly #has: Has
  #queue: Buffer[] = []
  #queuedBytes = 0
  #scheduled = false
  #writing = false
  #ending = false
  /** When the kernel last took bytes, by `performance.now()`. */
  progressAt: number = performance.now()
  /** True once a HELLO was taken, so that grease is allowed. */
  mayGrease = false
  #singles = 0

  readonly #progressed: () => void

  constructor(socket: Socket, has: Has, progressed: () => void) {
    this.#progressed = progressed
    this.#socket = socket
    this.#has = has
  }

  /** Bytes that the kernel has not taken. */
  get waitingBytes(): number {
    return this.#socket.writableLength + this.#queuedBytes
  }

  push(frame: Buffer): void {
    if (this.mayGrease && this.#has('grease-everywhere'))
      this.#append(grease(this.#queue.length, Buffer.from('grease')))
    if (this.waitingBytes === 0) this.progressAt = performance.now()
    this.#append(frame)
    this.#schedule()
  }

  /** Puts a frame before everything that waits: only a fault does this. */
  pushFirst(frame: Buffer): void {
    this.#queue.unshift(frame)
    this.#queuedBytes += frame.length
    this.#schedule()
  }

  #append(frame: Buffer): void {
    this.#queue.push(frame)
    this.#queuedBytes += frame.length
  }

  /** Sends FIN behind everything pushed. */
  end(): void {
    this.#ending = true
    this.#schedule()
  }

  #taken(): void {
    this.#writing = false
    if (!this.#has('stall-from-start')) this.progressAt = performance.now()
    if (this.#queue.length > 0 || this.#ending) this.#schedule()
    this.#progressed()
  }

  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    if (this.#has('hold-20ms')) setTimeout(() => this.#pump(), 20)
    else setImmediate(() => this.#pump())
  }

  #pump(): void {
    this.#scheduled = false
    if (this.#writing || this.#socket.destroyed) return
    const bytes = this.#has('interleave-frames') ? interleaved(this.#queue.splice(0)) : this.#nextSlice()
    const single = this.#has('byte-per-write') && bytes.length > 1 && this.#singles < 400
    const now = single ? bytes.subarray(0, 1) : bytes
    if (now.length < bytes.length) this.#queue.unshift(bytes.subarray(now.length))
    if (single) this.#singles += 1
    this.#queuedBytes -= now.length
    if (now.length > 0) {
      this.#writing = true
      this.#socket.write(now, () => this.#taken())
    } else if (this.#ending) this.#socket.end()
  }

  /** Takes frames off the queue, so many that the progress of a long output shows. */
  #nextSlice(): Buffer {
    let size = 0
    const beyond = this.#queue.findIndex((frame) => (size += frame.length) > SLICE_BYTES)
    return Buffer.concat(this.#queue.splice(0, beyond < 0 ? Infinity : beyond + 1))
  }
}

function interleaved(queue: readonly Buffer[]): Buffer {
  const large = queue.filter((bytes) => bytes.length > 900)
  if (large.length < 2) return Buffer.concat(queue)
  const [first, second] = large as [Buffer, Buffer]
  const rest = queue.filter((bytes) => bytes !== first && bytes !== second)
  return Buffer.concat([first.subarray(0, 500), second, first.subarray(500), ...rest])
}

const SLICE_BYTES = 65_536
