/** Turns messages into frames. */

import { OutputBuffer } from '../bytes/output-buffer.ts'
import type { Payload } from '../codec/compile-codec.ts'
import { UsageError } from '../codec/usage-error.ts'
import { HEADER_BYTES, MAX_PAYLOAD_CAP, MAX_UINT32 } from '../limits.ts'
import type { MessageDefinition } from '../messages/define-message.ts'
import type { TProperties } from '../schema.ts'
import { writeHeader } from './frame-header.ts'

/**
 * Encodes one frame, into memory of its own. `id` is the id of its header, 0 to 2^32−1, 0 by default.
 *
 * Throws UsageError if a field is not of the message's schema, the id is out of range, or the payload is over 65,535 bytes.
 */
export function encodeFrame<Name extends string, Fields extends TProperties>(
  definition: MessageDefinition<Name, Fields>,
  message: Payload<Fields>,
  id = 0,
): Uint8Array<ArrayBuffer> {
  if (!Number.isInteger(id) || id < 0 || id > MAX_UINT32) {
    throw new UsageError(`Cannot encode ${definition.name}: id is ${id}, allowed is an integer from 0 to ${MAX_UINT32}`)
  }
  const output = new OutputBuffer()
  appendFrame(output, definition, message, id)
  // What is taken is cut from a piece that other outputs share, and a caller may transfer the buffer of what is returned.
  return (output.take() as Uint8Array).slice()
}

/** Appends one frame to `output`, or throws as `encodeFrame` does and appends nothing. @internal */
export function appendFrame<Name extends string, Fields extends TProperties>(
  output: OutputBuffer,
  definition: MessageDefinition<Name, Fields>,
  message: Payload<Fields>,
  id: number,
): void {
  const header = output.reserve(HEADER_BYTES)
  output.length = header + HEADER_BYTES
  try {
    definition.codec.encode(message, output)
    const length = output.length - header - HEADER_BYTES
    if (length > MAX_PAYLOAD_CAP) {
      throw new UsageError(`Cannot encode ${definition.name}: payload is ${length} bytes, limit is ${MAX_PAYLOAD_CAP}`)
    }
    writeHeader(output.bytes, header, length, definition.type, id)
  } catch (error) {
    output.length = header
    throw error
  }
}
