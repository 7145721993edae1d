/**
 * What the suite has sent on a connection, as far as it parses: the ids and limits that the answers are held against.
 * Stops looking where the sent bytes stop being frames.
 */
import { FrameReader } from './frame-reader.ts'
import { DEFAULT_MAX_PAYLOAD, FrameType, MAX_PAYLOAD_CAP, readHello, readWelcome } from './frame.ts'

export class SentFrames {
  readonly names: Set<number> = new Set()
  readonly pings: number[] = []
  helloSent = false
  /** What our first HELLO or our WELCOME allows the peer to send, in bytes. */
  allowed: number = DEFAULT_MAX_PAYLOAD
  bytes = 0
  #reader: FrameReader | undefined = new FrameReader()

  push(bytes: Buffer): void {
    this.bytes += bytes.length
    if (this.#reader === undefined) return
    for (const frame of this.#reader.push(bytes)) {
      if (frame.type === FrameType.NAME) this.names.add(frame.id)
      if (frame.type === FrameType.PING) this.pings.push(frame.id)
      if (frame.type === FrameType.HELLO && !this.helloSent) {
        this.helloSent = true
        this.allowed = withinRange(readHello(frame)?.maxPayload)
      }
      if (frame.type === FrameType.WELCOME) this.allowed = withinRange(readWelcome(frame)?.maxPayload)
    }
    if (this.#reader.pendingBytes > 2 * MAX_PAYLOAD_CAP) this.#reader = undefined
  }
}

function withinRange(maxPayload: number = DEFAULT_MAX_PAYLOAD): number {
  return Math.min(MAX_PAYLOAD_CAP, Math.max(DEFAULT_MAX_PAYLOAD, maxPayload))
}
