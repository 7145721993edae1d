/** Writes the server's frames into the output of a connection. */

import type { OutputBuffer } from '../bytes/output-buffer.ts'
import { encodeText, maxEncodedBytes } from '../bytes/utf8.ts'
import { ERROR_CODES, type ErrorName, GOODBYE_REASONS, type GoodbyeReason } from '../error-codes.ts'
import { appendFrame } from '../frames/frame-encoder.ts'
import { writeHeader } from '../frames/frame-header.ts'
import { HEADER_BYTES, type ServerLimits, VERSIONS } from '../limits.ts'
import { ErrorFrame } from '../messages/error.ts'
import { Goodbye } from '../messages/goodbye.ts'
import { Greeting } from '../messages/greeting.ts'
import { Pong } from '../messages/pong.ts'
import { Welcome } from '../messages/welcome.ts'
import type { Answer } from './connection.ts'

/**
 * Appends the terminal frame of a request. A greeting that UTF-8 cannot carry becomes GREETER_FAILED, one over the client's
 * `maxPayload` becomes GREETING_TOO_LONG.
 */
export function appendAnswer(output: OutputBuffer, id: number, answer: Answer, maxPayload: number): void {
  if (typeof answer !== 'string') return appendError(output, id, answer.code, answer.detail ?? 0)
  // UTF-8 never has fewer bytes than UTF-16 has units, so a far too long greeting is refused before room is made for it.
  if (answer.length > maxPayload) return appendError(output, id, 'GREETING_TOO_LONG', maxPayload)
  const header = output.reserve(HEADER_BYTES + maxEncodedBytes(answer))
  const payload = header + HEADER_BYTES
  const end = encodeText(answer, output.bytes, payload)
  if (end < 0) return appendError(output, id, 'GREETER_FAILED', 0)
  if (end - payload > maxPayload) return appendError(output, id, 'GREETING_TOO_LONG', maxPayload)
  writeHeader(output.bytes, header, end - payload, Greeting.type, id)
  output.length = end
}

/** Appends an ERROR; with id 0 it is the connection's. */
export function appendError(output: OutputBuffer, id: number, name: ErrorName, detail: number): void {
  const { code, message } = ERROR_CODES[name]
  appendFrame(output, ErrorFrame, { code, detail, message }, id)
}

/** Appends a PONG. */
export function appendPong(output: OutputBuffer, id: number): void {
  const at = output.reserve(HEADER_BYTES)
  writeHeader(output.bytes, at, 0, Pong.type, id)
  output.length = at + HEADER_BYTES
}

/** Appends a GOODBYE that promises the NAMEs up to `last`. */
export function appendGoodbye(output: OutputBuffer, last: number, name: GoodbyeReason): void {
  const { code, message } = GOODBYE_REASONS[name]
  appendFrame(output, Goodbye, { reason: code, message }, last)
}

/** Appends the WELCOME that answers a HELLO. */
export function appendWelcome(output: OutputBuffer, limits: ServerLimits, agent: string): void {
  const { maxName, maxPayload, maxInFlight, idleTimeoutMs } = limits
  const version = VERSIONS.highest
  appendFrame(output, Welcome, { version, maxName, maxPayload, maxInFlight, idleTimeoutMs, agent }, 0)
}
