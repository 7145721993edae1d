/**
 * The fast path beside the transition table: NAMEs in a row in the state OPEN, which is nearly every frame a server gets.
 *
 * It takes a frame only where the table and the rules behind it leave one thing to do: a whole and valid NAME with a fresh id and a
 * place in flight. It stops in front of anything else, which the plain way judges. So it decides nothing by itself, and a
 * connection without it differs in speed only (bench/NOTES.md says by how much).
 */

import type { OutputBuffer } from '../bytes/output-buffer.ts'
import { copyPrintable } from '../bytes/utf8.ts'
import type { FrameCursor } from '../frames/frame-cursor.ts'
import { readId, readLength, writeHeader } from '../frames/frame-header.ts'
import { DEFAULT_MAX_PAYLOAD, HEADER_BYTES, type ServerLimits } from '../limits.ts'
import { Greeting } from '../messages/greeting.ts'
import { Name, nameText } from '../messages/name.ts'
import type { RequestHandler } from './connection.ts'
import { appendAnswer } from './server-output.ts'

/** Takes NAMEs for one connection. @internal */
export class NameRun {
  readonly #limits: ServerLimits
  readonly #handler: RequestHandler
  readonly #inFlight: Set<number>
  /** The client's maxPayload. */
  maxGreeting = DEFAULT_MAX_PAYLOAD
  /** The server's maxPayload in force; without a HELLO it may be below `maxName`. */
  maxPayload = DEFAULT_MAX_PAYLOAD

  constructor(limits: ServerLimits, handler: RequestHandler, inFlight: Set<number>) {
    this.#limits = limits
    this.#handler = handler
    this.#inFlight = inFlight
  }

  /** Takes what it may from the front of the received bytes. Returns the highest id taken, `last` if there was nothing to take. */
  take({ kept }: FrameCursor, output: OutputBuffer, last: number): number {
    const { bytes, start, end } = kept
    const { maxInFlight } = this.#limits
    const maxLength = Math.min(this.#limits.maxName, this.maxPayload)
    const { greetingPrefix } = this.#handler
    let at = start
    let copied = 0
    while (end - at > HEADER_BYTES && bytes[at + 3] === Name.type && bytes[at] === 0 && !output.full) {
      const length = readLength(bytes, at)
      const id = readId(bytes, at)
      const payload = at + HEADER_BYTES
      if (id <= last || length === 0 || length > maxLength || end - payload < length) break
      if (this.#inFlight.size >= maxInFlight) break
      if (greetingPrefix && this.#copy(greetingPrefix, bytes, payload, length, output, id)) copied++
      else if (!this.#ask(bytes, payload, length, output, id)) break
      last = id
      at = payload + length
    }
    if (copied > 0) this.#handler.greeted?.(copied)
    if (at > start) kept.consume(at - start)
    return last
  }

  /** Greets by copying bytes. False if the name is not plain enough for that, and nothing is written. */
  #copy(
    prefix: Uint8Array,
    bytes: Uint8Array,
    from: number,
    length: number,
    output: OutputBuffer,
    id: number,
  ): boolean {
    const payloadLength = prefix.length + length
    if (payloadLength > this.maxGreeting) return false
    const header = output.reserve(HEADER_BYTES + payloadLength)
    const into = output.bytes
    let at = header + HEADER_BYTES
    for (let index = 0; index < prefix.length; index++) into[at++] = prefix[index] as number
    if (!copyPrintable(bytes, from, length, into, at)) return false
    writeHeader(into, header, payloadLength, Greeting.type, id)
    output.length = at + length
    return true
  }

  /** Asks for the greeting. False if the name is not valid. */
  #ask(bytes: Uint8Array, from: number, length: number, output: OutputBuffer, id: number): boolean {
    const name = nameText.decode(bytes, from, from + length)
    if (name === undefined) return false
    const answer = this.#handler.greet(id, name)
    if (answer === undefined) this.#inFlight.add(id)
    else appendAnswer(output, id, answer, this.maxGreeting)
    return true
  }
}
