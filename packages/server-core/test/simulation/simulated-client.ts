/** A client that follows a random script, and keeps a record of everything it sent and received. */

import {
  type ErrorName,
  decodePayload,
  encodeFrame,
  BadPayload,
  Cancel,
  ErrorFrame,
  errorName,
  type FatalErrorName,
  FrameDecoder,
  Goodbye,
  type GoodbyeReason,
  goodbyeReason,
  GREASE_TYPES,
  Greeting,
  Hello,
  Name,
  Ping,
  Pong,
  Violation,
  Welcome,
} from '@greetwire/protocol'
import type { Random } from './random.ts'
import { type Behaviour, nameOf, type PlannedGreeting } from './simulated-greeter.ts'
import { SimulatedWire, type WireClient } from './simulated-wire.ts'
import type { World } from './world.ts'

/** Something a client sent, in the order in which it did. */
export type Sent =
  | { readonly frame: 'NAME'; readonly id: number; readonly name: string; readonly planned: PlannedGreeting }
  | { readonly frame: 'NAME'; readonly id: number; readonly refusal: 'INVALID_NAME' | 'NAME_TOO_LONG' }
  | { readonly frame: 'PING' | 'CANCEL'; readonly id: number }
  | { readonly frame: 'HELLO'; readonly maxPayload: number }
  | { readonly frame: 'violation'; readonly code: FatalErrorName }
  | { readonly frame: 'half' }

/** Something a client received. */
export type Received =
  | { readonly frame: 'GREETING'; readonly id: number; readonly greeting: string; readonly at: number }
  | {
      readonly frame: 'ERROR'
      readonly id: number
      readonly code: ErrorName
      readonly detail: number
      readonly at: number
    }
  | { readonly frame: 'PONG'; readonly id: number; readonly at: number }
  | { readonly frame: 'WELCOME'; readonly at: number }
  | { readonly frame: 'GOODBYE'; readonly id: number; readonly reason: GoodbyeReason; readonly at: number }

/** What the clients of one history are like. */
export interface ClientHabits {
  readonly behaviours: readonly Behaviour[]
  readonly maxSteps: number
  readonly maxGapMs: number
  readonly maxGreetingMs: number
  readonly maxName: number
  /** How long a client that stops reading stops at most. */
  readonly maxPauseMs: number
}

export class SimulatedClient implements WireClient {
  readonly index: number
  readonly wire: SimulatedWire
  readonly sent: Sent[] = []
  readonly received: Received[] = []
  /** What is wrong with the bytes that came, if something is. */
  malformed: string | undefined
  finSent = false
  resetSent = false
  finReceivedAt: number | undefined
  resetReceivedAt: number | undefined
  longestPauseMs = 0
  readonly #world: World
  readonly #random: Random
  readonly #habits: ClientHabits
  readonly #decoder = new FrameDecoder({ maxPayload: 65_535 })
  #lastId = 0
  #steps: number
  /** Whether the script is over; the connection is left to the server. */
  #isIdle = false
  /** Whether a violation was sent: what follows is thrown away by the server. */
  #violated = false

  constructor(index: number, world: World, random: Random, habits: ClientHabits) {
    this.index = index
    this.#world = world
    this.#random = random
    this.#habits = habits
    this.#steps = random.int(1, habits.maxSteps)
    this.wire = new SimulatedWire(world, random, this)
  }

  /** Begins the script; the server has accepted the connection. */
  begin(): void {
    if (this.#random.chance(0.5)) this.#sendHello()
    this.#scheduleStep()
  }

  data(chunk: Uint8Array): void {
    this.#decoder.push(chunk)
    for (let frame = this.#decoder.next(); frame; frame = this.#decoder.next()) {
      if (frame instanceof Violation) {
        this.malformed ??= `a frame that is too long`
        return
      }
      this.#note(frame.type, frame.id, frame.payload)
    }
  }

  fin(): void {
    if (this.#decoder.begun) this.malformed ??= 'a frame that is cut by the FIN'
    this.finReceivedAt = this.#world.now
    // Some answer with their FIN, some go on talking, some do nothing.
    if (this.#random.chance(0.7)) this.#world.after(this.#random.int(0, 50), () => this.#finish('fin'))
    else if (this.#random.chance(0.5)) this.#goOn(3)
  }

  reset(): void {
    this.resetReceivedAt = this.#world.now
  }

  get #isOver(): boolean {
    return this.finSent || this.resetSent || this.resetReceivedAt !== undefined
  }

  #note(type: number, id: number, payload: Uint8Array): void {
    const at = this.#world.now
    if (type === Greeting.type) {
      const fields = decodePayload(Greeting, payload)
      if (fields instanceof BadPayload) this.malformed ??= 'a GREETING that is ill-formed'
      else this.received.push({ frame: 'GREETING', id, greeting: fields.greeting, at })
    } else if (type === ErrorFrame.type) {
      const fields = decodePayload(ErrorFrame, payload)
      const code = fields instanceof BadPayload ? undefined : errorName(fields.code)
      if (fields instanceof BadPayload || code === undefined) this.malformed ??= 'an ERROR that is ill-formed'
      else this.received.push({ frame: 'ERROR', id, code, detail: fields.detail, at })
    } else if (type === Goodbye.type) {
      const fields = decodePayload(Goodbye, payload)
      const reason = fields instanceof BadPayload ? undefined : goodbyeReason(fields.reason)
      if (reason === undefined) this.malformed ??= 'a GOODBYE that is ill-formed'
      else this.received.push({ frame: 'GOODBYE', id, reason, at })
    } else if (type === Pong.type) this.received.push({ frame: 'PONG', id, at })
    else if (type === Welcome.type) this.received.push({ frame: 'WELCOME', at })
    else this.malformed ??= `a frame of type ${type}`
  }

  #goOn(steps: number): void {
    this.#steps = steps
    if (!this.#isIdle) return
    this.#isIdle = false
    this.#scheduleStep()
  }

  #scheduleStep(): void {
    const gap = this.#random.chance(0.5) ? 0 : this.#random.int(0, this.#habits.maxGapMs)
    this.#world.after(gap, () => {
      if (this.#isOver || this.#isIdle) return
      if (this.#steps-- > 0) this.#step()
      else this.#end()
      if (!this.#isOver && !this.#isIdle) this.#scheduleStep()
    })
  }

  #step(): void {
    const random = this.#random
    const dice = random.next()
    if (dice < 0.7) {
      for (let burst = random.chance(0.3) ? random.int(2, 12) : 1; burst > 0; burst--) this.#sendName()
    } else if (dice < 0.8) this.#sendCancel()
    else if (dice < 0.88) this.#sendPing()
    else if (dice < 0.93)
      this.wire.send(rawFrame(random.pick(GREASE_TYPES), random.int(0, 9), new Uint8Array(random.int(0, 9))))
    else if (dice < 0.97) this.#sendBadName()
    else this.#pauseReading()
  }

  /** The last thing a client does; one that does nothing is left to the server. */
  #end(): void {
    const dice = this.#random.next()
    this.#isIdle = true
    if (dice < 0.45) this.#finish('fin')
    else if (dice < 0.55) this.#finish('reset')
    else if (dice < 0.7 && !this.#violated) {
      this.#violate()
      this.#goOn(this.#random.int(0, 3))
    } else if (dice < 0.8 && !this.#violated) {
      this.wire.send(rawFrame(Name.type, this.#lastId + 1, new Uint8Array(5)).subarray(0, this.#random.int(1, 12)))
      this.sent.push({ frame: 'half' })
      this.#violated = true
      if (this.#random.chance(0.5)) this.#finish('fin')
    }
  }

  #finish(how: 'fin' | 'reset'): void {
    if (this.#isOver) return
    if (how === 'fin') {
      this.finSent = true
      this.wire.sendFin()
    } else {
      this.resetSent = true
      this.wire.sendReset()
    }
  }

  #pauseReading(): void {
    const ms = this.#random.int(1, this.#habits.maxPauseMs)
    this.longestPauseMs = Math.max(this.longestPauseMs, ms)
    this.wire.setReading(false)
    this.#world.after(ms, () => this.wire.setReading(true))
  }

  #sendHello(): void {
    const maxPayload = this.#random.pick([4_096, 10_000, 65_535, 1_000_000])
    this.wire.send(encodeFrame(Hello, { minVersion: 1, maxVersion: this.#random.int(1, 3), maxPayload, agent: '' }))
    this.sent.push({ frame: 'HELLO', maxPayload })
  }

  #sendName(): void {
    const id = this.#nextId()
    const behaviour = this.#random.pick(this.#habits.behaviours)
    const planned = { behaviour, ms: this.#random.int(0, this.#habits.maxGreetingMs), key: `${this.index}/${id}` }
    const name = nameOf(planned)
    this.wire.send(encodeFrame(Name, { name }, id))
    this.sent.push({ frame: 'NAME', id, name, planned })
  }

  #sendBadName(): void {
    const id = this.#nextId()
    const tooLong = this.#random.chance(0.5)
    const payload = tooLong ? new Uint8Array(this.#habits.maxName + 1).fill(65) : this.#random.pick(BAD_NAMES)
    this.wire.send(rawFrame(Name.type, id, payload))
    this.sent.push({ frame: 'NAME', id, refusal: tooLong ? 'NAME_TOO_LONG' : 'INVALID_NAME' })
  }

  #nextId(): number {
    this.#lastId += this.#random.chance(0.1) ? this.#random.int(2, 1_000) : 1
    return this.#lastId
  }

  #sendCancel(): void {
    if (this.#lastId === 0) return
    const names = this.sent.filter((each) => each.frame === 'NAME')
    const id = this.#random.chance(0.1) ? this.#random.int(1, this.#lastId) : this.#random.pick(names.slice(-8)).id
    this.wire.send(encodeFrame(Cancel, {}, id))
    this.sent.push({ frame: 'CANCEL', id })
  }

  #sendPing(): void {
    const id = this.#random.int(0, 0xffff_ffff)
    this.wire.send(encodeFrame(Ping, {}, id))
    this.sent.push({ frame: 'PING', id })
  }

  #violate(): void {
    const none = new Uint8Array(0)
    const [code, bytes] = this.#random.pick<[FatalErrorName, Uint8Array]>([
      ['PROTOCOL_VIOLATION', rawFrame(Name.type, 0, new Uint8Array([65]))],
      ['PROTOCOL_VIOLATION', rawFrame(Cancel.type, this.#lastId + 1, none)],
      ['PROTOCOL_VIOLATION', rawFrame(Ping.type, 1, new Uint8Array(1))],
      ['PROTOCOL_VIOLATION', rawFrame(Greeting.type, 1, none)],
      ['UNKNOWN_TYPE', rawFrame(0x20, 1, none)],
      ['PAYLOAD_TOO_LARGE', new TextEncoder().encode('GET / HTTP/1.1\r\n\r\n')],
    ])
    this.wire.send(bytes)
    this.sent.push({ frame: 'violation', code })
    this.#violated = true
  }
}

const BAD_NAMES = [new Uint8Array(0), new Uint8Array([0x41, 0x00]), new Uint8Array([0xff]), new Uint8Array([0xc3])]

function rawFrame(type: number, id: number, payload: Uint8Array): Uint8Array {
  const frame = new Uint8Array(8 + payload.length)
  const view = new DataView(frame.buffer)
  view.setUint16(1, payload.length)
  view.setUint8(3, type)
  view.setUint32(4, id)
  frame.set(payload, 8)
  return frame
}
