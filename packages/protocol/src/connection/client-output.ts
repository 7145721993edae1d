/** Writes the client's frames, and counts how far the kernel has taken them. */

import { OutputBuffer } from '../bytes/output-buffer.ts'
import { encodeText, hasControlCharacter, maxEncodedBytes } from '../bytes/utf8.ts'
import { UsageError } from '../codec/usage-error.ts'
import { appendFrame } from '../frames/frame-encoder.ts'
import { writeHeader } from '../frames/frame-header.ts'
import { HEADER_BYTES, VERSIONS } from '../limits.ts'
import type { Cancel } from '../messages/cancel.ts'
import { Hello } from '../messages/hello.ts'
import { Name } from '../messages/name.ts'
import type { Ping } from '../messages/ping.ts'

/** @internal */
export class ClientOutput {
  readonly #buffer = new OutputBuffer()
  /** How many bytes were ever appended: where the last frame ends in the stream we send. */
  end = 0

  /** Whether no further request may be sent until the server reads. */
  get full(): boolean {
    return this.#buffer.full
  }

  /** Where the bytes end that the kernel has taken. */
  get accepted(): number {
    return this.end - this.#buffer.waiting
  }

  /** Appends the HELLO that offers every version we speak. Throws UsageError for an agent it cannot carry. */
  hello(maxPayload: number, agent: string): void {
    const buffer = this.#buffer
    appendFrame(buffer, Hello, { minVersion: VERSIONS.lowest, maxVersion: VERSIONS.highest, maxPayload, agent }, 0)
    this.end += buffer.length
  }

  /** Appends a NAME. Throws UsageError, with nothing appended, for a name that the server would have to refuse. */
  name(id: number, name: string, maxName: number): void {
    if (name === '') throw new UsageError('Cannot send NAME: name is empty')
    if (hasControlCharacter(name)) throw new UsageError('Cannot send NAME: name holds a control character')
    // UTF-8 never has fewer bytes than UTF-16 has units, so a far too long name is refused before room is made for it.
    if (name.length > maxName) throw tooLong(`at least ${name.length}`, maxName)
    const buffer = this.#buffer
    const header = buffer.reserve(HEADER_BYTES + maxEncodedBytes(name))
    const payload = header + HEADER_BYTES
    const end = encodeText(name, buffer.bytes, payload)
    if (end < 0) throw new UsageError('Cannot send NAME: name holds a lone surrogate')
    if (end - payload > maxName) throw tooLong(String(end - payload), maxName)
    writeHeader(buffer.bytes, header, end - payload, Name.type, id)
    buffer.length = end
    this.end += end - header
  }

  /** Appends a PING or CANCEL. */
  signal({ type }: typeof Ping | typeof Cancel, id: number): void {
    const buffer = this.#buffer
    const at = buffer.reserve(HEADER_BYTES)
    writeHeader(buffer.bytes, at, 0, type, id)
    buffer.length = at + HEADER_BYTES
    this.end += HEADER_BYTES
  }

  /** Takes everything that was appended, or undefined if there is nothing. */
  take(): Uint8Array | undefined {
    return this.#buffer.take()
  }

  /** Notes that the kernel took `count` of the bytes taken from here. */
  acceptedMore(count: number): void {
    this.#buffer.accepted(count)
  }

  /** Forgets what is not sent: the connection has ended. */
  clear(): void {
    this.#buffer.clear()
  }
}

function tooLong(size: string, maxName: number): UsageError {
  return new UsageError(`Cannot send NAME: name is ${size} bytes, limit is ${maxName}`)
}
