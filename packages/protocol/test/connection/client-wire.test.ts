/** A ClientConnection and a ServerConnection on a wire in memory, cut at random places, and a client under random bytes. */

import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Answer, type RequestHandler, SERVER_LIMIT_DEFAULTS, ServerConnection } from '../../src/index.ts'
import { concat, rawFrame, uint16, uint32 } from '../raw-frames.ts'
import { ClientRecorder } from './client-recorder.ts'

const quiet = {
  frameTimeoutMs: 0,
  stallTimeoutMs: 0,
  lingerTimeoutMs: 0,
  drainTimeoutMs: 0,
  maxAgeMs: 0,
  agent: 'wire',
}

/** Holds requests until the test answers them. */
class HeldRequests implements RequestHandler {
  readonly held: { readonly id: number; readonly text: string }[] = []

  greet(id: number, text: string): undefined {
    this.held.push({ id, text })
  }

  cancel(id: number): Answer | undefined {
    const at = this.held.findIndex((request) => request.id === id)
    if (at < 0) return undefined
    this.held.splice(at, 1)
    return { code: 'CANCELLED' }
  }

  abandon(): void {
    this.held.length = 0
  }
}

class Wire {
  readonly client: ClientRecorder
  readonly requests = new HeldRequests()
  readonly server: ServerConnection
  /** How many bytes go at once, in turn. */
  readonly #cuts: Iterator<number>

  constructor(cuts: readonly number[], maxInFlight: number) {
    this.client = new ClientRecorder()
    this.server = new ServerConnection({ ...SERVER_LIMIT_DEFAULTS, ...quiet, maxInFlight }, this.requests, 0)
    this.#cuts = endlessly(cuts)
  }

  /** Carries bytes both ways until none are left. */
  settle(): void {
    for (;;) {
      const up = this.client.connection.takeOutput()
      if (up) this.client.connection.outputAccepted(up.length)
      for (const chunk of this.#cut(up)) this.server.receive(chunk, 0)
      const down = this.server.takeOutput()
      if (down) this.server.outputAccepted(down.length, 0)
      this.client.receiveAll(this.#cut(down))
      if (!up && !down) return
    }
  }

  answer(at: number): void {
    const [request] = this.requests.held.splice(at % this.requests.held.length, 1)
    if (request) this.server.reply(request.id, `Hello ${request.text}`)
    this.server.proceed(0)
  }

  *#cut(bytes: Uint8Array = new Uint8Array(0)): Iterable<Uint8Array> {
    for (let at = 0; at < bytes.length;) {
      const end = Math.min(bytes.length, at + (this.#cuts.next().value as number))
      yield bytes.slice(at, end)
      at = end
    }
  }
}

function* endlessly(values: readonly number[]): Iterator<number> {
  for (;;) yield* values
}

const cuts = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 8 })
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('greet' as const), at: fc.nat(99) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('answer' as const), at: fc.nat(99) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constantFrom('cancel' as const, 'ping' as const, 'drain' as const),
      at: fc.nat(99),
    }),
  },
)

describe('a client and a server', () => {
  it('give every request exactly one outcome, the right one, whatever the order and the cuts', () => {
    fc.assert(
      fc.property(
        cuts,
        fc.integer({ min: 1, max: 5 }),
        fc.array(step, { maxLength: 60 }),
        (pieces, maxInFlight, steps) => {
          const wire = new Wire(pieces, maxInFlight)
          const { client, server, requests } = wire
          const sent = new Set<number>()
          const cancelled = new Set<number>()
          let pings = 0
          wire.settle()
          for (const { kind, at } of steps) {
            if (kind === 'greet' && client.connection.room > 0) sent.add(client.connection.greet(`name ${at}`))
            else if (kind === 'answer' && requests.held.length > 0) wire.answer(at)
            else if (kind === 'cancel' && client.connection.cancel(at)) cancelled.add(at)
            else if (kind === 'ping' && client.connection.closing === 'no')
              pings += Number(client.connection.ping() > 0)
            else if (kind === 'drain' && at < 5) server.drain('SHUTTING_DOWN', 0, Infinity)
            if (at % 3 === 0) wire.settle()
          }
          wire.settle()
          while (requests.held.length > 0) wire.answer(0)
          wire.settle()

          const heardFrames = client.frames as { type: string; id: number; greeting?: string }[]
          const answered = heardFrames.filter(({ type }) => type === 'GREETING' || type === 'ERROR').map(({ id }) => id)
          const outcomes = [...answered, ...client.lostRequests.map(({ id }) => id)].toSorted(
            (one, other) => one - other,
          )
          expect(outcomes).toEqual([...sent].filter((id) => !cancelled.has(id)))
          expect(client.lostRequests.every(({ executed }) => executed === 'never')).toBe(true)
          expect(heardFrames.filter(({ type }) => type === 'PONG')).toHaveLength(pings)
          expect(client.connection.violation).toBeUndefined()
          expect(client.connection.inFlight).toBe(0)
        },
      ),
    )
  })
})

const u32 = fc.integer({ min: 0, max: 4 })
const serverFrame = fc.oneof(
  fc.record({ id: u32, text: fc.string() }).map(({ id, text }) => rawFrame(0x04, id, text)),
  fc
    .record({ id: u32, code: fc.constantFrom(1, 0x81, 0x83, 0x101, 0x201, 0x301, 0x8201, 0x7f00) })
    .map(({ id, code }) => rawFrame(0x05, id, concat(uint16(code), uint32(7), Uint8Array.of(0xff)))),
  u32.map((id) => rawFrame(0x07, id)),
  u32.map((id) => rawFrame(0x09, id, uint16(2))),
  fc.constant(rawFrame(0x02, 0, concat(uint16(1), uint16(1_024), uint32(4_096), uint32(256), uint32(0)))),
  fc.constantFrom(0x8a, 0xc0, 0x40, 0x03, 0x06).map((type) => rawFrame(type, 1, 'x')),
  fc.uint8Array({ maxLength: 12 }),
)

/** What a client with requests 1 to 3 and PINGs 1 and 2 tells of a stream cut into pieces. */
function heard(stream: Uint8Array, pieces: readonly number[]): object {
  const client = new ClientRecorder()
  for (const text of ['a', 'b', 'c']) client.connection.greet(text)
  client.connection.ping()
  client.connection.ping()
  client.connection.cancel(3)
  client.sendAll()
  const cut = endlessly(pieces)
  for (let at = 0; at < stream.length;) {
    const end = at + (cut.next().value as number)
    client.connection.receive(stream.slice(at, end))
    at = end
  }
  const { state, closing, violation, end } = client.connection
  return { frames: client.frames, lost: client.lostRequests, state, closing, violation, end }
}

/** An outcome to compare. A violation shows the header bytes that are there, and those depend on the cut. */
function told(outcome: object): string {
  return JSON.stringify(outcome).replaceAll(/\(header [^)]*\)/g, '')
}

describe('a client', () => {
  it('hears the same however the stream of the server is cut', () => {
    fc.assert(
      fc.property(fc.array(serverFrame, { maxLength: 12 }), cuts, (frames, pieces) => {
        const stream = concat(...frames)
        const whole = heard(stream, [Math.max(stream.length, 1)])
        expect(told(heard(stream, pieces))).toBe(told(whole))
        expect(told(heard(stream, [1]))).toBe(told(whole))
      }),
      { numRuns: 1_000 },
    )
  })

  it('settles every request exactly once, whatever bytes come, when the connection ends', () => {
    fc.assert(
      fc.property(fc.array(serverFrame, { maxLength: 12 }), (frames) => {
        const client = new ClientRecorder({ hello: false })
        for (const text of ['a', 'b', 'c']) client.connection.greet(text)
        client.sendAll()
        client.receiveAll(frames)
        client.connection.finReceived()
        const heardFrames = client.frames as { type: string; id: number }[]
        const answered = heardFrames.filter(({ type }) => type === 'GREETING' || type === 'ERROR').map(({ id }) => id)
        const outcomes = [...answered, ...client.lostRequests.map(({ id }) => id)]
        expect(outcomes.toSorted((one, other) => one - other)).toEqual([1, 2, 3])
        expect(client.connection.state).toBe('CLOSED')
      }),
      { numRuns: 1_000 },
    )
  })
})
