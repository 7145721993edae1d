/** Whole conversations: what a ServerConnection writes does not depend on how the client's bytes were cut. */

import { describe, expect, it } from 'vitest'
import { forEveryDelivery } from '../delivery.ts'
import { cancel, concat, hello, name, ping, rawFrame, rawHeader, utf8 } from '../raw-frames.ts'
import { ServerDriver } from './connection-driver.ts'
import { fatal, greeting } from './frame-words.ts'

/** Odd ids are greeted at once, even ones at the end; two places. `fin` ends the client's direction. */
function converse(chunks: readonly Uint8Array[], fin: boolean): unknown[] {
  const driver = new ServerDriver({ maxInFlight: 2 })
  driver.onGreet = (id) => (id % 2 === 1 ? `Hello ${id}` : undefined)
  driver.onCancel = () => ({ code: 'CANCELLED' })
  driver.receive(...chunks)
  if (fin) driver.end()
  const before = driver.seen
  driver.greetAll(2, 4).greetAll(6, 8).greetAll(10)
  return [before, driver.seen]
}

const WELCOME = expect.stringMatching(/^WELCOME /) as string
const TWO_IN_FLIGHT = concat(name(2, 'B'), name(4, 'D'))

const CONVERSATIONS = [
  { what: 'nothing', stream: new Uint8Array(0), frames: [] },
  { what: 'one name', stream: name(1, 'Ada'), frames: [greeting(1)] },
  {
    what: 'everything that is legal',
    stream: concat(
      ping(1),
      hello(),
      rawFrame(0x8a, 9, 'x'),
      name(1, 'Zoë'),
      name(2, '\t'),
      name(3, 'C'),
      cancel(3),
      ping(2),
    ),
    frames: ['PONG 1', WELCOME, greeting(1), 'ERROR 2 INVALID_NAME 0', greeting(3), 'PONG 2'],
  },
  {
    what: 'names without a place',
    stream: concat(TWO_IN_FLIGHT, ping(1), name(5, 'E'), name(6, 'F'), ping(2), name(8, 'H'), ping(3), name(10, 'J')),
    frames: [
      'PONG 1',
      greeting(2),
      greeting(4),
      greeting(5),
      'PONG 2',
      'PONG 3',
      greeting(6),
      greeting(8),
      greeting(10),
    ],
  },
  {
    what: 'a cancel that frees a place',
    stream: concat(TWO_IN_FLIGHT, cancel(4), name(5, 'E'), cancel(4), ping(1)),
    frames: ['ERROR 4 CANCELLED 0', greeting(5), 'PONG 1', greeting(2)],
  },
  {
    what: 'a cancel behind a name without a place',
    stream: concat(TWO_IN_FLIGHT, name(6, 'F'), cancel(4)),
    frames: [greeting(2), greeting(4)],
    last: greeting(6),
  },
  {
    what: 'a violation behind a request',
    stream: concat(name(2, 'B'), ping(1), name(2, 'B'), ping(2)),
    frames: ['PONG 1', greeting(2), fatal('PROTOCOL_VIOLATION')],
  },
  {
    what: 'a violation behind a name without a place',
    stream: concat(TWO_IN_FLIGHT, name(6, 'F'), rawFrame(0x0a, 0), ping(1)),
    frames: [greeting(2), greeting(4), greeting(6), fatal('UNKNOWN_TYPE')],
  },
  { what: 'HTTP', stream: utf8('GET / HTTP/1.1\r\n\r\n'), frames: [fatal('PAYLOAD_TOO_LARGE', 4_096)] },
  {
    what: 'HTTP behind a frame',
    stream: concat(ping(1), utf8('GET /')),
    frames: ['PONG 1', fatal('PAYLOAD_TOO_LARGE', 4_096)],
  },
  {
    what: 'a HELLO with versions of the future',
    stream: concat(hello({ minVersion: 2, maxVersion: 9 }), name(1, 'A')),
    frames: [fatal('UNSUPPORTED_VERSION', 0x0001_0001)],
  },
  { what: 'a second HELLO', stream: concat(hello(), hello()), frames: [WELCOME, fatal('PROTOCOL_VIOLATION')] },
  {
    what: 'only a header over the limit',
    stream: rawHeader(0x8a, 0, 4_097),
    frames: [fatal('PAYLOAD_TOO_LARGE', 4_096)],
  },
]

describe('a conversation is the same however it is cut', () => {
  it.each(CONVERSATIONS)('$what', ({ stream, frames, last }) => {
    const [, seen] = forEveryDelivery(stream, (chunks) => converse(chunks, false)) as { frames: string[] }[]
    expect(seen?.frames).toStrictEqual(last === undefined ? frames : [...frames, last])
  })

  it.each(CONVERSATIONS)('$what, and a FIN', ({ stream, frames, last }) => {
    const [, seen] = forEveryDelivery(stream, (chunks) => converse(chunks, true)) as { frames: string[] }[]
    expect(seen).toMatchObject({
      frames: last === undefined ? frames : [...frames, last],
      state: 'CLOSED',
      closing: 'close',
    })
  })

  it.each([
    { what: 'a part of a header', stream: name(3, 'C').subarray(0, 7) },
    { what: 'a header without its payload', stream: name(3, 'C').subarray(0, 8) },
    { what: 'a part of a frame to be skipped', stream: rawFrame(0x8a, 0, 'xx').subarray(0, 9) },
    { what: 'one byte', stream: Uint8Array.of(0) },
  ])('$what in front of the FIN', ({ stream }) => {
    const all = concat(name(1, 'A'), stream)
    const [seen] = forEveryDelivery(all, (chunks) => converse(chunks, true)) as { frames: string[] }[]
    expect(seen).toMatchObject({ frames: [greeting(1), fatal('PROTOCOL_VIOLATION')], state: 'CLOSED' })
  })
})

describe('the limits of a HELLO', () => {
  it.each([
    { told: 4_096, limit: 4_096 },
    { told: 5_000, limit: 5_000 },
    { told: 65_535, limit: 65_535 },
    { told: 0xffff_ffff, limit: 65_535 },
  ])('let greetings of $limit bytes through when $told is told', ({ told, limit }) => {
    const driver = new ServerDriver().receive(hello({ maxPayload: told }), name(1, 'A'), name(2, 'B'))
    driver.reply([1, 'x'.repeat(limit)], [2, 'x'.repeat(limit + 1)])
    expect(driver.frames.slice(1)).toStrictEqual([
      `GREETING 1 "${'x'.repeat(limit)}"`,
      `ERROR 2 GREETING_TOO_LONG ${limit}`,
    ])
  })
})
