/**
 * The rules that hold on every connection to a server, whatever the case is about. Run over the frames of a connection
 * when its case is done; the first broken rule fails the case.
 */
import { isUtf8 } from 'node:buffer'
import { Code, FrameType, isIgnorable, readError, readGoodbye, readWelcome, type Frame } from './frame.ts'
import { describeFrame, hex } from './frame-text.ts'
import type { RawPeer } from './raw-peer.ts'

/** Returns what the server did wrong on this connection, or nothing. */
export function brokenWireRule(peer: RawPeer): string | undefined {
  if (peer.foreign) return undefined
  const seen: Seen = { terminals: new Set(), pongs: 0, welcomes: 0, goodbyes: 0, fatal: false }
  for (const { frame, afterSending, afterHello } of peer.received) {
    const broken = brokenBy(frame, seen, peer)
    if (broken !== undefined) return `${broken}: ${describeFrame(frame)}`
    if (!afterSending && !mayComeFirst(frame)) return `the server spoke first: ${describeFrame(frame)}`
    if (isIgnorable(frame.type) && !afterHello) return `grease before HELLO: ${describeFrame(frame)}`
  }
  if (peer.reader.broken !== undefined) return peer.reader.broken
  if (peer.ended === 'fin' && peer.reader.pendingBytes > 0) return `FIN inside a frame: ${hex(peer.reader.pending())}`
  return undefined
}

interface Seen {
  readonly terminals: Set<number>
  pongs: number
  welcomes: number
  goodbyes: number
  fatal: boolean
}

function brokenBy(frame: Frame, seen: Seen, peer: RawPeer): string | undefined {
  if (seen.fatal) return 'a frame after ERROR with id 0'
  if (isIgnorable(frame.type)) return undefined
  switch (frame.type) {
    case FrameType.WELCOME:
      return brokenWelcome(frame, seen)
    case FrameType.GREETING:
      if (!isUtf8(frame.payload)) return 'a greeting that is not UTF-8'
      return brokenTerminal(frame, seen, peer)
    case FrameType.ERROR:
      return brokenError(frame, seen, peer)
    case FrameType.PONG:
      if (frame.payload.length > 0) return 'a PONG with a payload'
      if (peer.sent.pings[seen.pongs] !== frame.id) return `a PONG that is not the answer to the oldest PING`
      seen.pongs += 1
      return undefined
    case FrameType.GOODBYE: {
      const fields = readGoodbye(frame)
      if (!fields || fields.reason === 0) return 'a malformed GOODBYE'
      if (badMessage(fields.message)) return 'a GOODBYE message that is not clean text of at most 1024 bytes'
      if (++seen.goodbyes > 1) return 'a second GOODBYE'
      if (frame.id !== 0 && !peer.sent.names.has(frame.id)) return 'a GOODBYE with the id of no NAME'
      return undefined
    }
    default:
      return 'a frame that a server must not send'
  }
}

function brokenWelcome(frame: Frame, seen: Seen): string | undefined {
  const fields = readWelcome(frame)
  if (!fields || frame.id !== 0) return 'a malformed WELCOME'
  if (badText(fields.agent, 255)) return 'an agent that is not clean text of at most 255 bytes'
  return ++seen.welcomes > 1 ? 'a second WELCOME' : undefined
}

function brokenTerminal(frame: Frame, seen: Seen, peer: RawPeer): string | undefined {
  if (frame.id === 0) return 'a GREETING with id 0'
  if (!peer.sent.names.has(frame.id)) return 'an answer to an id that was never sent'
  if (seen.terminals.has(frame.id)) return 'a second answer to one id'
  seen.terminals.add(frame.id)
  return undefined
}

function brokenError(frame: Frame, seen: Seen, peer: RawPeer): string | undefined {
  const fields = readError(frame)
  if (!fields) return 'a malformed ERROR'
  if (badMessage(fields.message)) return 'an ERROR message that is not clean text of at most 1024 bytes'
  const isRequest = fields.code >= 0x0100 && (fields.code & 0x7f00) !== 0
  const isPrivate = fields.code >= 0x8000
  if (!isPrivate && !registered.has(fields.code)) return 'an ERROR with a code that is not registered'
  if (isRequest !== (frame.id !== 0)) return 'an ERROR whose code does not fit its id'
  if (frame.id !== 0) return brokenTerminal(frame, seen, peer)
  seen.fatal = true
  return undefined
}

function mayComeFirst(frame: Frame): boolean {
  return (
    frame.type === FrameType.GOODBYE || (frame.type === FrameType.ERROR && (readError(frame)?.code ?? 0) >> 7 === 1)
  )
}

function badMessage(text: Buffer): boolean {
  return badText(text, 1024)
}

function badText(text: Buffer, maxBytes: number): boolean {
  return text.length > maxBytes || !isUtf8(text) || /\p{Cc}/u.test(text.toString('utf8'))
}

const registered = new Set<number>(Object.values(Code))
