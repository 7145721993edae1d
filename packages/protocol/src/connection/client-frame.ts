/** Finds out which input of SERVER_TRANSITIONS a client's frame is, first from its header alone, then from its payload. */

import { BadPayload } from '../codec/compile-codec.ts'
import type { FrameCursor } from '../frames/frame-cursor.ts'
import { isIgnorable } from '../frames/frame-header.ts'
import { DEFAULT_MAX_PAYLOAD, MAX_PAYLOAD_CAP, VERSIONS } from '../limits.ts'
import { Cancel } from '../messages/cancel.ts'
import { Hello } from '../messages/hello.ts'
import { messageOfType } from '../messages/message-table.ts'
import { Name } from '../messages/name.ts'
import { Ping } from '../messages/ping.ts'
import type { IdsInFlight } from './ids-in-flight.ts'
import type { ServerInput } from './transitions.ts'

/**
 * Judges the header under `cursor`. `last` is the highest id of a NAME seen, `inFlight` holds the ids without a terminal frame.
 * A HELLO with a legal header counts as one with a version in common until its payload is judged.
 */
export function inputOfHeader(cursor: FrameCursor, last: number, inFlight: IdsInFlight): ServerInput {
  const { type, id, length } = cursor
  switch (type) {
    case Name.type:
      return id > last ? 'NAME, id > last' : 'NAME, id 0 or ≤ last'
    case Ping.type:
      return length === 0 ? 'PING' : 'PING or CANCEL with a payload'
    case Cancel.type:
      if (length > 0) return 'PING or CANCEL with a payload'
      if (id === 0 || id > last) return 'CANCEL, 0 or > last'
      return inFlight.has(id) ? 'CANCEL, in flight' : 'CANCEL, other id ≤ last'
    case Hello.type: {
      const { minLength, maxLength } = Hello.codec
      return id === 0 && length >= minLength && length <= maxLength ? 'HELLO, a version in common' : 'HELLO, malformed'
    }
    default:
      if (messageOfType(type)) return "a server's frame"
      return isIgnorable(type) ? 'unknown type from 0x80' : 'unassigned type below 0x80'
  }
}

/** A HELLO whose payload was judged. `maxPayload` is what the client accepts, clamped to the cap of version 1. */
export interface JudgedHello {
  readonly input: ServerInput
  readonly maxPayload: number
}

/** Judges the payload of the HELLO under `cursor` in field order: one that shares no version is refused whatever else it holds. */
export function judgeHello(cursor: FrameCursor): JudgedHello {
  const { kept, payloadStart, payloadEnd } = cursor
  // The agent is the last field, so a bad one must not hide what the fields before it say.
  const minVersion = readUint16(kept.bytes, payloadStart)
  const maxVersion = readUint16(kept.bytes, payloadStart + 2)
  const malformed: JudgedHello = { input: 'HELLO, malformed', maxPayload: 0 }
  if (minVersion === 0 || minVersion > maxVersion) return malformed
  if (minVersion > VERSIONS.highest || maxVersion < VERSIONS.lowest)
    return { input: 'HELLO, none in common', maxPayload: 0 }
  const hello = Hello.codec.decode(kept.bytes, payloadStart, payloadEnd)
  if (hello instanceof BadPayload || hello.maxPayload < DEFAULT_MAX_PAYLOAD) return malformed
  return { input: 'HELLO, a version in common', maxPayload: Math.min(hello.maxPayload, MAX_PAYLOAD_CAP) }
}

function readUint16(bytes: Uint8Array, at: number): number {
  return (bytes[at] as number) * 256 + (bytes[at + 1] as number)
}
