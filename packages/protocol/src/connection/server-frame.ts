/** Finds out which input of CLIENT_TRANSITIONS a server's frame is, first from its header alone, then from its payload. */

import { BadPayload } from '../codec/compile-codec.ts'
import { errorName, errorScope, goodbyeReason } from '../error-codes.ts'
import type { FrameCursor } from '../frames/frame-cursor.ts'
import { isIgnorable } from '../frames/frame-header.ts'
import { DEFAULT_MAX_PAYLOAD, HEADER_BYTES, MAX_PAYLOAD_CAP, VERSIONS } from '../limits.ts'
import type { MessageDefinition } from '../messages/define-message.ts'
import { ErrorFrame } from '../messages/error.ts'
import { Goodbye } from '../messages/goodbye.ts'
import { Greeting } from '../messages/greeting.ts'
import { messageOfType } from '../messages/message-table.ts'
import { Pong } from '../messages/pong.ts'
import { Welcome } from '../messages/welcome.ts'
import type { ReceivedError, ReceivedGoodbye, ServerInfo } from './client-handler.ts'
import type { ClientInput } from './client-transitions.ts'
import type { SentRequests } from './sent-requests.ts'

/** Judges the header under `cursor`. A frame whose header is legal counts as legal until its payload is judged. */
export function inputOfServerHeader(cursor: FrameCursor, sent: SentRequests): ClientInput {
  const { type, id } = cursor
  switch (type) {
    case Greeting.type:
      return sent.isInFlight(id) ? 'GREETING, in flight' : 'GREETING, any other id'
    case ErrorFrame.type:
      if (!fits(cursor, ErrorFrame)) return 'ERROR, malformed'
      if (id === 0) return 'ERROR, id 0'
      return sent.isInFlight(id) ? 'ERROR, in flight' : 'ERROR, any other id'
    case Pong.type:
      return fits(cursor, Pong) && id === sent.oldestPing ? "PONG, the oldest PING's id" : 'PONG, any other'
    case Welcome.type:
      return id === 0 && fits(cursor, Welcome) ? 'WELCOME' : 'WELCOME, malformed'
    case Goodbye.type:
      if (!fits(cursor, Goodbye)) return 'GOODBYE, malformed'
      return id <= sent.last ? 'GOODBYE, id ≤ last' : 'GOODBYE, id > last'
    default:
      if (messageOfType(type)) return "a client's frame"
      return isIgnorable(type) ? 'unknown type from 0x80' : 'unassigned type below 0x80'
  }
}

/** The greeting under `cursor`, or undefined if it is not well-formed UTF-8. */
export function readGreeting({ kept, payloadStart, payloadEnd }: FrameCursor): string | undefined {
  return greetingText.decode(kept.bytes, payloadStart, payloadEnd)
}

/** The ERROR under `cursor`, or undefined if its code belongs to the other scope than its id. */
export function readError({ kept, payloadStart, payloadEnd, id }: FrameCursor): ReceivedError | undefined {
  const error = ErrorFrame.codec.decode(kept.bytes, payloadStart, payloadEnd)
  if (error instanceof BadPayload || errorScope(error.code) !== (id === 0 ? 'connection' : 'request')) return undefined
  return { ...error, name: errorName(error.code) }
}

/** The GOODBYE under `cursor`. */
export function readGoodbye({ kept, payloadStart, payloadEnd, id }: FrameCursor): ReceivedGoodbye | undefined {
  const goodbye = Goodbye.codec.decode(kept.bytes, payloadStart, payloadEnd)
  if (goodbye instanceof BadPayload) return undefined
  return { ...goodbye, last: id, name: goodbyeReason(goodbye.reason) }
}

/** The WELCOME under `cursor`, or undefined if it picks a version that was not offered or tells a limit outside its bounds. */
export function readWelcome({ kept, payloadStart, payloadEnd }: FrameCursor): ServerInfo | undefined {
  const welcome = Welcome.codec.decode(kept.bytes, payloadStart, payloadEnd)
  if (welcome instanceof BadPayload) return undefined
  const { version, maxName, maxPayload, maxInFlight } = welcome
  const offered = version >= VERSIONS.lowest && version <= VERSIONS.highest
  const payloadLegal = maxPayload >= DEFAULT_MAX_PAYLOAD && maxPayload <= MAX_PAYLOAD_CAP
  return offered && payloadLegal && maxName >= 1 && maxName <= maxPayload && maxInFlight >= 1 ? welcome : undefined
}

/** The bytes of the header under `cursor` that are there, in hex, for messages. */
export function headerText({ kept }: FrameCursor): string {
  const header = kept.bytes.subarray(kept.start, Math.min(kept.start + HEADER_BYTES, kept.end))
  return `header ${Array.from(header, (byte) => byte.toString(16).padStart(2, '0')).join(' ')}`
}

function fits(
  { length }: FrameCursor,
  { codec }: { codec: Pick<MessageDefinition['codec'], 'minLength' | 'maxLength'> },
): boolean {
  return length >= codec.minLength && length <= codec.maxLength
}

const greetingText = Greeting.codec.text as NonNullable<typeof Greeting.codec.text>
