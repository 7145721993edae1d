/**
 * The fast path beside the transition table: NAMEs in a row in the state OPEN, which is nearly every frame a server gets.
 *
 * It takes a frame only where the table and the rules behind it leave one thing to do: a whole and valid NAME with a fresh id and a
 * place in flight. It stops in front of anything else, which the plain way judges. So it decides nothing by itself, and a
 * connection without it differs in speed only (bench/NOTES.md says by how much).
 */

import { FixedBytes } from '../bytes/fixed-bytes.ts'
import type { KeptBytes } from '../bytes/kept-bytes.ts'
import { viewOf } from '../bytes/output-memory.ts'
import type { OutputBuffer } from '../bytes/output-buffer.ts'
import { isPrintable } from '../bytes/utf8.ts'
import type { FrameCursor } from '../frames/frame-cursor.ts'
import { readId, readLength, writeHeaderWords } from '../frames/frame-header.ts'
import { DEFAULT_MAX_PAYLOAD, HEADER_BYTES, type ServerLimits } from '../limits.ts'
import { Greeting } from '../messages/greeting.ts'
import { Name, nameText } from '../messages/name.ts'
import type { RequestHandler } from './connection.ts'
import type { IdsInFlight } from './ids-in-flight.ts'
import { appendAnswer } from './server-output.ts'

/** Takes NAMEs for one connection. @internal */
export class NameRun {
  readonly #limits: ServerLimits
  readonly #handler: RequestHandler
  readonly #inFlight: IdsInFlight
  /** The handler's `greetingPrefix`, made when the first NAME comes. */
  #prefix: FixedBytes | undefined
  /** The client's maxPayload. */
  maxGreeting = DEFAULT_MAX_PAYLOAD
  /** The server's maxPayload in force; without a HELLO it may be below `maxName`. */
  maxPayload = DEFAULT_MAX_PAYLOAD

  constructor(limits: ServerLimits, handler: RequestHandler, inFlight: IdsInFlight) {
    this.#limits = limits
    this.#handler = handler
    this.#inFlight = inFlight
  }

  /** Takes what it may from the front of the received bytes. Returns the highest id taken, `last` if there was nothing to take. */
  take({ kept }: FrameCursor, output: OutputBuffer, last: number): number {
    const { greetingPrefix } = this.#handler
    if (!greetingPrefix) return this.#ask(kept, output, last, Infinity)
    this.#prefix ??= new FixedBytes(greetingPrefix)
    let taken = last
    for (;;) {
      const before = taken
      taken = this.#copy(this.#prefix, kept, output, before)
      if (taken === before) taken = this.#ask(kept, output, before, 1)
      if (taken === before || kept.length === 0) return taken
    }
  }

  /**
   * Greets by copying bytes, up to a name that is not plain enough for that or finds no room. Returns the highest id taken, `last` if
   * that was the first name.
   *
   * It is one loop over local numbers and one memory: a field, an imported constant or a buffer that may change costs as much for each
   * frame as the frame (bench/NOTES.md).
   */
  #copy(prefix: FixedBytes, kept: KeptBytes, output: OutputBuffer, last: number): number {
    if (this.#inFlight.size >= this.#limits.maxInFlight) return last
    const prefixLength = prefix.length
    const maxLength = Math.min(this.#limits.maxName, this.maxPayload, this.maxGreeting - prefixLength)
    const headerBytes = HEADER_BYTES
    const nameType = Name.type
    const greetingType = Greeting.type
    const { bytes, start, end } = kept
    const { fullAt } = output
    if (output.full || end - start <= headerBytes || bytes[start + 3] !== nameType) return last
    const firstBytes = headerBytes + readLength(bytes, start)
    if (end - start < firstBytes) return last
    // For the first greeting at least; mostly it is room for as many bytes as the last chunk brought.
    output.reserve(prefixLength + firstBytes)
    const into = output.bytes
    const view = viewOf(into)
    const base = into.byteOffset
    let written = output.length
    let taken = last
    let count = 0
    let at = start
    while (end - at > headerBytes && bytes[at + 3] === nameType && bytes[at] === 0 && written < fullAt) {
      const length = readLength(bytes, at)
      const id = readId(bytes, at)
      const greetingLength = prefixLength + length
      if (id <= taken || length === 0 || length > maxLength) break
      let from = at + headerBytes
      const next = from + length
      if (next > end || written + headerBytes + greetingLength > into.length) break
      writeHeaderWords(view, base + written, greetingLength, greetingType, id)
      let to = written + headerBytes
      prefix.writeTo(view, base + to)
      to += prefixLength
      for (; from < next; from++) {
        const byte = bytes[from] as number
        if (!isPrintable(byte)) break
        into[to++] = byte
      }
      if (from < next) break
      written = to
      taken = id
      at = next
      count++
    }
    if (count === 0) return last
    output.length = written
    kept.consume(at - start)
    this.#handler.greeted?.(count)
    return taken
  }

  /** Asks for the greetings of `most` names at the front, or of fewer. Returns the highest id taken. */
  #ask(kept: KeptBytes, output: OutputBuffer, last: number, most: number): number {
    const { bytes, start, end } = kept
    const { maxInFlight } = this.#limits
    const maxLength = Math.min(this.#limits.maxName, this.maxPayload)
    let taken = last
    let at = start
    for (let count = 0; count < most; count++) {
      if (end - at <= HEADER_BYTES || bytes[at + 3] !== Name.type || bytes[at] !== 0 || output.full) break
      const length = readLength(bytes, at)
      const id = readId(bytes, at)
      const from = at + HEADER_BYTES
      if (id <= taken || length === 0 || length > maxLength || end - from < length) break
      if (this.#inFlight.size >= maxInFlight) break
      const name = nameText.decode(bytes, from, from + length)
      if (name === undefined) break
      const answer = this.#handler.greet(id, name)
      if (answer === undefined) this.#inFlight.add(id)
      else appendAnswer(output, id, answer, this.maxGreeting)
      taken = id
      at = from + length
    }
    if (at > start) kept.consume(at - start)
    return taken
  }
}
