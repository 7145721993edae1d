/** The rules that hold for everything a client sends, whatever the case is about. The first broken one fails the case. */
import { isUtf8 } from 'node:buffer'
import { DEFAULT_MAX_PAYLOAD, FrameType, isIgnorable, readHello, type Frame, type Welcome } from './frame.ts'
import { describeFrame } from './frame-text.ts'
import type { RawPeer } from './raw-peer.ts'

/** Returns what the client did wrong on this connection, or nothing. `told` is the WELCOME that the suite sent. */
export function brokenClientRule(peer: RawPeer, told: Welcome): string | undefined {
  const seen: Seen = { last: 0, names: new Set(), hello: false }
  for (const { frame } of peer.received) {
    const broken = brokenBy(frame, seen, told.maxName)
    if (broken !== undefined) return `${broken}: ${describeFrame(frame)}`
  }
  return peer.reader.broken
}

interface Seen {
  last: number
  readonly names: Set<number>
  hello: boolean
}

function brokenBy(frame: Frame, seen: Seen, maxName: number): string | undefined {
  const { type, id, payload } = frame
  if (isIgnorable(type)) return undefined
  if (type === FrameType.HELLO) return brokenHello(frame, seen)
  if (type === FrameType.PING) return payload.length > 0 ? 'a PING with a payload' : undefined
  if (type === FrameType.CANCEL) {
    if (payload.length > 0) return 'a CANCEL with a payload'
    return seen.names.has(id) ? undefined : 'a CANCEL of a NAME that was never sent'
  }
  if (type !== FrameType.NAME) return 'a frame that a client must not send'
  if (id <= seen.last) return 'a NAME whose id does not rise'
  seen.last = id
  seen.names.add(id)
  if (payload.length === 0) return 'an empty name'
  if (payload.length > maxName) return `a name above maxName (${maxName})`
  return isCleanText(payload) ? undefined : 'a name that is not clean UTF-8'
}

function brokenHello(frame: Frame, seen: Seen): string | undefined {
  const fields = readHello(frame)
  if (seen.hello) return 'a second HELLO'
  seen.hello = true
  if (!fields || frame.id !== 0) return 'a malformed HELLO'
  if (seen.last > 0) return 'a HELLO after a NAME'
  if (fields.minVersion < 1 || fields.minVersion > fields.maxVersion) return 'a HELLO with an insane range of versions'
  if (fields.maxPayload < DEFAULT_MAX_PAYLOAD) return 'a HELLO with a maxPayload below 4096'
  return fields.agent.length > 255 || !isCleanText(fields.agent)
    ? 'a HELLO whose agent is not clean text of at most 255 bytes'
    : undefined
}

function isCleanText(bytes: Buffer): boolean {
  return isUtf8(bytes) && !/\p{Cc}/u.test(bytes.toString('utf8'))
}
