/** Puts frames on a socket once a turn, in one of the ways that the specification leaves open (or with a fault). */
import type { Socket } from 'node:net'
import { grease } from '../../src/wire/frame.ts'
import type { Has } from './bugs.ts'

export class Writer {
  readonly #socket: Socket
  readonly #has: Has
  #queue: Buffer[] = []
  #scheduled = false
  #ending = false
  /** When the kernel last took bytes, by `performance.now()`. */
  progressAt: number = performance.now()
  /** True once a HELLO was taken, so that grease is allowed. */
  mayGrease = false
  #singles = 0
  #pushedAt = 0

  readonly #progressed: () => void

  constructor(socket: Socket, has: Has, progressed: () => void) {
    this.#progressed = progressed
    this.#socket = socket
    this.#has = has
  }

  /** Bytes that the kernel has not taken. */
  get waitingBytes(): number {
    return this.#socket.writableLength + this.#queue.reduce((sum, bytes) => sum + bytes.length, 0)
  }

  push(frame: Buffer): void {
    if (this.mayGrease && this.#has('grease-everywhere'))
      this.#queue.push(grease(this.#queue.length, Buffer.from('grease')))
    const goesOn = this.#has('stall-from-start') && performance.now() - this.#pushedAt < 1_000
    this.#pushedAt = performance.now()
    if (this.waitingBytes === 0 && !goesOn) this.progressAt = this.#pushedAt
    this.#queue.push(frame)
    this.#schedule()
  }

  /** Puts a frame before everything that waits: only a fault does this. */
  pushFirst(frame: Buffer): void {
    this.#queue.unshift(frame)
    this.#schedule()
  }

  /** Sends FIN behind everything pushed. */
  end(): void {
    this.#ending = true
    this.#schedule()
  }

  #taken(): void {
    if (!this.#has('stall-from-start')) this.progressAt = performance.now()
    if (this.waitingBytes === 0) this.#progressed()
  }

  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    if (this.#has('hold-20ms')) setTimeout(() => this.#pump(), 20)
    else setImmediate(() => this.#pump())
  }

  #pump(): void {
    this.#scheduled = false
    const bytes = this.#has('interleave-frames') ? interleaved(this.#queue) : Buffer.concat(this.#queue)
    const single = this.#has('byte-per-write') && bytes.length > 1 && this.#singles < 400
    const now = single ? bytes.subarray(0, 1) : bytes
    this.#queue = now.length < bytes.length ? [bytes.subarray(now.length)] : []
    if (single) this.#singles += 1
    if (this.#socket.destroyed) return
    if (now.length > 0) this.#socket.write(now, () => this.#taken())
    if (this.#queue.length > 0) this.#schedule()
    else if (this.#ending) this.#socket.end()
  }
}

function interleaved(queue: readonly Buffer[]): Buffer {
  const large = queue.filter((bytes) => bytes.length > 900)
  if (large.length < 2) return Buffer.concat(queue)
  const [first, second] = large as [Buffer, Buffer]
  const rest = queue.filter((bytes) => bytes !== first && bytes !== second)
  return Buffer.concat([first.subarray(0, 500), second, first.subarray(500), ...rest])
}
