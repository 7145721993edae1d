/** Whatever happens to a connection, in whatever order: nothing is thrown, nothing grows, and the rules of its end hold. */

import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FrameDecoder } from '../../src/index.ts'
import { anyBytes, anyLines, validFrames } from '../arbitrary-streams.ts'
import { byteCostOf } from '../bytes/allocations.ts'
import { concat, name, ping, rawHeader } from '../raw-frames.ts'
import { ClientRecorder } from './client-recorder.ts'
import { ServerDriver, TextDriver } from './connection-driver.ts'

type Driver = ServerDriver | TextDriver
type Event = (driver: Driver) => unknown

const time = fc.oneof(
  { weight: 5, arbitrary: fc.integer({ min: 1, max: 3_000 }) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 400_000 }) },
)
/** Few ids, so that answers meet requests, and come twice. */
const id = fc.integer({ min: 0, max: 5 })

/** What can happen to a connection beside received bytes. */
const otherEvent: fc.Arbitrary<Event> = fc.oneof(
  { weight: 20, arbitrary: id.map((one) => (driver: Driver) => driver.reply([one, `Hello ${one}`])) },
  { weight: 6, arbitrary: id.map((one) => (driver: Driver) => driver.reply([one, { code: 'GREETER_FAILED' }])) },
  { weight: 4, arbitrary: fc.nat(200).map((count) => (driver: Driver) => driver.kernelTakes(count)) },
  { weight: 4, arbitrary: fc.constant((driver: Driver) => driver.kernelTakes(1e9)) },
  { weight: 4, arbitrary: time.map((step) => (driver: Driver) => driver.passUntil(driver.now + step)) },
  { weight: 1, arbitrary: fc.constant((driver: Driver) => driver.end()) },
  { weight: 1, arbitrary: fc.constant((driver: Driver) => driver.drain()) },
  { weight: 1, arbitrary: fc.constant((driver: Driver) => driver.fail('INTERNAL')) },
  { weight: 1, arbitrary: fc.constant((driver: Driver) => driver.reset()) },
)

const history = (bytes: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Event[]> =>
  fc.array(
    fc.oneof(
      bytes.map((chunk) => (driver: Driver) => driver.receive(chunk)),
      otherEvent,
    ),
    { maxLength: 40 },
  )

const ORDER = ['no', 'half-close', 'close', 'reset']

/** Carries a history out. Nothing goes off before the deadline, and `closing` never goes back. */
function live(driver: Driver, events: readonly Event[]): void {
  const { connection } = driver
  driver.kernelRoom = 100
  for (const event of events) {
    const { closing } = connection
    event(driver)
    expect(ORDER.indexOf(connection.closing)).toBeGreaterThanOrEqual(ORDER.indexOf(closing))
    const { seen } = driver
    driver.step((one) => one.tick(Math.min(connection.deadline - 1, driver.now)))
    expect(driver.seen).toStrictEqual(seen)
  }
  driver.kernelTakes(1e9)
  const isClosed = connection.closing === 'close' || connection.closing === 'reset'
  if (isClosed) expect(connection.deadline).toBe(Infinity)
}

/** The whole frames at the front of what was written; a reset may cut the last. */
function framesOf(output: Uint8Array): { type: number; id: number }[] {
  const decoder = new FrameDecoder({ maxPayload: 65_535 })
  decoder.push(output)
  const frames: { type: number; id: number }[] = []
  for (let frame = decoder.next(); frame; frame = decoder.next()) frames.push(frame as { type: number; id: number })
  return frames
}

describe('in any history', () => {
  it('a ServerConnection answers no request twice, says GOODBYE once, and nothing behind an ERROR with id 0', () => {
    fc.assert(
      fc.property(
        history(
          fc.oneof(
            anyBytes,
            validFrames.map((frames) => concat(...frames)),
          ),
        ),
        (events) => {
          const driver = new ServerDriver({ maxInFlight: 3 })
          driver.onGreet = (one) => (one % 4 === 0 ? 'Hello' : undefined)
          live(driver, events)
          const frames = framesOf(driver.output)
          const terminal = frames.filter((frame) => frame.type === 0x04 || (frame.type === 0x05 && frame.id > 0))
          const ids = terminal.map((frame) => frame.id)
          expect(new Set(ids).size).toBe(ids.length)
          expect(frames.filter(({ type }) => type === 0x09).length).toBeLessThanOrEqual(1)
          const fatal = frames.findIndex((frame) => frame.type === 0x05 && frame.id === 0)
          expect([-1, frames.length - 1]).toContain(fatal)
        },
      ),
      { numRuns: 1_000 },
    )
  })

  it('a TextConnection answers in order, and nothing behind a fatal error', () => {
    fc.assert(
      fc.property(history(anyLines), (events) => {
        const driver = new TextDriver({ maxInFlight: 3, maxName: 10 })
        live(driver, events)
        const lines = driver.text.split('\n')
        const ids = Array.from(driver.text.matchAll(/^Hello (\d+)$/gm), ([, number]) => Number(number))
        expect(ids).toStrictEqual(ids.toSorted((one, other) => one - other))
        expect(new Set(ids).size).toBe(ids.length)
        const fatal = lines.findIndex((line) => /^! (?:TIMEOUT|INTERNAL|PROTOCOL_VIOLATION) /.test(line))
        if (fatal >= 0) expect(lines.slice(fatal + 1)).toStrictEqual([''])
      }),
      { numRuns: 1_000 },
    )
  })
})

const MIB = 1_048_576

/** How many bytes are allocated by receiving 64 KiB a thousand times. */
function flood(receive: (chunk: Uint8Array) => unknown, byte: number): number {
  const chunk = new Uint8Array(65_536).fill(byte)
  return byteCostOf(() => {
    for (let round = 0; round < 1_000; round++) receive(chunk)
  }).allocated
}

describe('memory', () => {
  it('does not grow with what comes behind a violation', () => {
    const server = new ServerDriver()
    expect(flood((chunk) => server.connection.receive(chunk, 0), 0x47)).toBeLessThan(MIB)
    const decoder = new FrameDecoder()
    decoder.push(Uint8Array.of(0x47))
    decoder.next()
    expect(flood((chunk) => decoder.push(chunk), 0)).toBeLessThan(MIB)
    const client = new ClientRecorder()
    expect(flood((chunk) => client.connection.receive(chunk), 0x47)).toBeLessThan(MIB)
    const guarded = new TextDriver()
    expect(flood((chunk) => guarded.connection.receive(chunk, 0), 0x16)).toBeLessThan(MIB)
  })

  it('does not grow with a line that never ends', () => {
    const endless = new TextDriver()
    expect(flood((chunk) => endless.connection.receive(chunk, 0), 0x78)).toBeLessThan(MIB)
  })

  it('does not grow with what a connection that drains discards', () => {
    const draining = new TextDriver()
    draining.receive(new Uint8Array([0x41, 0x0a])).drain()
    expect(flood((chunk) => draining.connection.receive(chunk, 0), 0x78)).toBeLessThan(MIB)
  })

  it('follows what arrived, not what a header announces', () => {
    const allocated = byteCostOf(() => {
      for (let one = 0; one < 10; one++) {
        const driver = new ServerDriver({ maxPayload: 65_535 })
        driver.receive(rawHeader(0x8a, 0, 4_096), ping().subarray(0, 1))
      }
    }).largest
    // Output is cut from pieces of 64 KiB that all connections share.
    expect(allocated).toBeLessThanOrEqual(65_536)
  })

  it('is given back when a connection is gone', () => {
    const driver = new ServerDriver({ maxInFlight: 1 }).receive(name(1, 'Ada'), name(2, 'Bob'))
    driver.reset()
    expect(flood((chunk) => driver.connection.receive(chunk, 0), 0)).toBeLessThan(MIB)
    expect(driver.connection.takeOutput()).toBe(undefined)
  })
})
