/**
 * The traffic of one connection, written before it is sent: names, among them malformed ones and ones that are cancelled, with
 * what each may be answered by.
 */

import { Cancel, encodeFrame, Hello, Name, Ping } from '@greetwire/protocol'

/** One request, and every answer that would be right. */
export interface PlannedRequest {
  readonly id: number
  readonly name: string
  /** As `Received` words it: an error's name and detail, or the greeting behind `GREETING `. */
  readonly allowed: readonly string[]
}

/** Everything one connection sends. */
export interface Traffic {
  readonly bytes: Buffer
  readonly requests: readonly PlannedRequest[]
  readonly pings: readonly number[]
  readonly hello: boolean
}

/** What goes into a connection's traffic. */
export interface TrafficOptions {
  /** Tells the names of different connections apart. */
  readonly label: string
  readonly requests: number
  readonly hello: boolean
  readonly random: () => number
  /** Names that the greeter dies of, by the number of the request they take the place of. */
  readonly deaths?: ReadonlyMap<number, string>
}

/** Writes the traffic of one connection: about one request in ten malformed, one in ten cancelled, a PING after every hundred. */
export function planTraffic({ label, requests: count, hello, random, deaths }: TrafficOptions): Traffic {
  const frames: Uint8Array[] = []
  const requests: PlannedRequest[] = []
  const pings: number[] = []
  const lateCancels: number[] = []
  let id = 0
  if (hello) frames.push(encodeFrame(Hello, { minVersion: 1, maxVersion: 1, maxPayload: 4_096, agent: label }))
  for (let number = 0; number < count; number++) {
    // Ids rise, with gaps.
    id += 1 + Math.floor(random() * 3)
    const name = `${label}.${number}`
    const death = deaths?.get(number)
    const kind = random()
    if (death !== undefined) {
      requests.push({ id, name: death, allowed: ['THREAD_LOST'] })
      frames.push(encodeFrame(Name, { name: death }, id))
    } else if (kind < 0.1) {
      const malformed = MALFORMED[number % MALFORMED.length] as Malformed
      requests.push({ id, name, allowed: [malformed.error] })
      frames.push(rawName(id, malformed.payload(name)))
    } else {
      const cancelled = kind < 0.2
      requests.push({ id, name, allowed: [`GREETING Hello ${name}`, ...(cancelled ? ['CANCELLED'] : [])] })
      frames.push(encodeFrame(Name, { name }, id))
      if (cancelled && random() < 0.5) frames.push(encodeFrame(Cancel, {}, id))
      else if (cancelled) lateCancels.push(id)
    }
    // A CANCEL may come long after its NAME, when the answer is on its way or has arrived.
    if (lateCancels.length > 8) frames.push(encodeFrame(Cancel, {}, lateCancels.shift()))
    if (number % 100 === 99) {
      pings.push(number)
      frames.push(encodeFrame(Ping, {}, number))
    }
  }
  for (const late of lateCancels) frames.push(encodeFrame(Cancel, {}, late))
  return { bytes: Buffer.concat(frames), requests, pings, hello }
}

interface Malformed {
  readonly error: string
  payload(name: string): Buffer
}

const MALFORMED: readonly Malformed[] = [
  { error: 'INVALID_NAME', payload: () => Buffer.alloc(0) },
  { error: 'INVALID_NAME', payload: (name) => Buffer.from(`${name}\u0007`) },
  // The second byte of a letter is missing.
  { error: 'INVALID_NAME', payload: (name) => Buffer.concat([Buffer.from(name), Buffer.of(0xc3)]) },
  // A lone surrogate, encoded as UTF-8 would encode it.
  { error: 'INVALID_NAME', payload: (name) => Buffer.concat([Buffer.of(0xed, 0xa0, 0x80), Buffer.from(name)]) },
  { error: 'NAME_TOO_LONG 1024', payload: (name) => Buffer.from(name.padEnd(1_025, '+')) },
]

/** A NAME frame that no encoder would write. */
function rawName(id: number, payload: Buffer): Buffer {
  const header = Buffer.alloc(8)
  header.writeUInt32BE(payload.length * 256 + Name.type, 0)
  header.writeUInt32BE(id, 4)
  return Buffer.concat([header, payload])
}
