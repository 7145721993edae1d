/**
 * The bytes a connection wants to send: collected while a chunk is judged, taken in one piece, counted until the kernel has them.
 *
 * Writers index into `bytes` after `reserve`. `take` gives the collected bytes away; whoever takes them owns them.
 */

import { cut, giveBack } from './output-memory.ts'

/** Above this many waiting bytes a connection judges no further input; one frame may cross the mark. */
export const OUTPUT_HIGH_WATER_BYTES = 65_536

const FIRST_BUFFER_BYTES = 512
const NO_BYTES = new Uint8Array(0)

/** @internal */
export class OutputBuffer {
  bytes: Uint8Array = NO_BYTES
  /** Where the next byte goes: as many bytes as are collected and not taken. */
  length = 0
  #unaccepted = 0
  /** How far the last `reserve` reached. */
  #reserved = 0
  /** The room that the last piece taken needed: the next is likely to need the same. */
  #usual = 0

  /** Makes room for `count` more bytes and returns where they begin. The caller writes them and then sets `length`. */
  reserve(count: number): number {
    this.#reserved = this.length + count
    if (this.#reserved > this.bytes.length) this.#grow(this.#reserved)
    return this.length
  }

  #grow(needed: number): void {
    let size = this.bytes.length === 0 ? this.#usual : this.bytes.length * 2
    if (size < needed) size = Math.max(size, FIRST_BUFFER_BYTES)
    while (size < needed) size *= 2
    const larger = cut(size)
    if (this.length > 0) larger.set(this.bytes.subarray(0, this.length))
    this.bytes = larger
  }

  /** Bytes that the kernel has not taken, collected or already taken from here. */
  get waiting(): number {
    return this.length + this.#unaccepted
  }

  /** The `length` at which the output is full. */
  get fullAt(): number {
    return OUTPUT_HIGH_WATER_BYTES - this.#unaccepted
  }

  /** Whether no further input may be judged until the peer reads. */
  get full(): boolean {
    return this.waiting >= OUTPUT_HIGH_WATER_BYTES
  }

  /** Takes all collected bytes, or undefined if there are none. */
  take(): Uint8Array | undefined {
    if (this.length === 0) return undefined
    const { bytes, length } = this
    const taken = bytes.length === length ? bytes : bytes.subarray(0, length)
    giveBack(bytes, length)
    this.#unaccepted += length
    this.#usual = Math.max(length, this.#reserved)
    this.#reserved = 0
    this.bytes = NO_BYTES
    this.length = 0
    return taken
  }

  /** Notes that the kernel took `count` of the bytes taken from here. */
  accepted(count: number): void {
    this.#unaccepted -= count
  }

  /** Forgets everything: the connection is gone. */
  clear(): void {
    this.bytes = NO_BYTES
    this.length = 0
    this.#unaccepted = 0
  }
}
