/** Writes the client's frames into the output of a connection. */

import type { OutputBuffer } from '../bytes/output-buffer.ts'
import { encodeText, hasControlCharacter, maxEncodedBytes } from '../bytes/utf8.ts'
import { UsageError } from '../codec/usage-error.ts'
import { appendFrame } from '../frames/frame-encoder.ts'
import { writeHeader } from '../frames/frame-header.ts'
import { HEADER_BYTES, VERSIONS } from '../limits.ts'
import { Cancel } from '../messages/cancel.ts'
import { Hello } from '../messages/hello.ts'
import { Name } from '../messages/name.ts'
import { Ping } from '../messages/ping.ts'

/** Appends the HELLO that offers every version we speak. Throws UsageError for an agent it cannot carry. */
export function appendHello(output: OutputBuffer, maxPayload: number, agent: string): void {
  appendFrame(output, Hello, { minVersion: VERSIONS.lowest, maxVersion: VERSIONS.highest, maxPayload, agent }, 0)
}

/** Appends a NAME. Throws UsageError, with nothing appended, for a name that the server would have to refuse. */
export function appendName(output: OutputBuffer, id: number, name: string, maxName: number): void {
  if (name === '') throw new UsageError('Cannot send NAME: name is empty')
  if (hasControlCharacter(name)) throw new UsageError('Cannot send NAME: name holds a control character')
  // UTF-8 never has fewer bytes than UTF-16 has units, so a far too long name is refused before room is made for it.
  if (name.length > maxName) throw tooLong(`at least ${name.length}`, maxName)
  const header = output.reserve(HEADER_BYTES + maxEncodedBytes(name))
  const payload = header + HEADER_BYTES
  const end = encodeText(name, output.bytes, payload)
  if (end < 0) throw new UsageError('Cannot send NAME: name holds a lone surrogate')
  if (end - payload > maxName) throw tooLong(String(end - payload), maxName)
  writeHeader(output.bytes, header, end - payload, Name.type, id)
  output.length = end
}

/** Appends a PING or CANCEL. */
export function appendSignal(output: OutputBuffer, { type }: typeof Ping | typeof Cancel, id: number): void {
  const at = output.reserve(HEADER_BYTES)
  output.length = writeHeader(output.bytes, at, 0, type, id)
}

function tooLong(size: string, maxName: number): UsageError {
  return new UsageError(`Cannot send NAME: name is ${size} bytes, limit is ${maxName}`)
}
