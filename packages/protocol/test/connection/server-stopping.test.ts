/** Where a ServerConnection stops judging: in front of a NAME without a place, and behind its output's mark; and where it must not. */

import { describe, expect, it } from 'vitest'
import { OUTPUT_HIGH_WATER_BYTES } from '../../src/bytes/output-buffer.ts'
import { forEveryDelivery } from '../delivery.ts'
import { cancel, concat, hello, name, ping, rawFrame, rawHeader } from '../raw-frames.ts'
import { ServerDriver } from './connection-driver.ts'
import { fatal, greeting } from './frame-words.ts'

/** A connection whose only place is taken by request 1. */
const occupied = (): ServerDriver => new ServerDriver({ maxInFlight: 1 }).receive(name(1, 'Ada'))

describe('the barrier', () => {
  it('writes the errors of a frame and of its taking before the PONG behind it', () => {
    const driver = new ServerDriver()
    driver.onGreet = (id) => (id === 3 ? { code: 'OVERLOADED', detail: 50 } : undefined)
    const stream = concat(hello(), name(1, ''), name(2, 'x'.repeat(1_025)), name(3, 'Ada'), name(4, 'Bob'), cancel(4))
    driver.receive(concat(stream, ping(9)))
    expect(driver.frames.slice(1)).toStrictEqual([
      'ERROR 1 INVALID_NAME 0',
      'ERROR 2 NAME_TOO_LONG 1024',
      'ERROR 3 OVERLOADED 50',
      'PONG 9',
    ])
    expect(driver.frames[0]).toMatch(/^WELCOME 0 /)
  })

  it('writes a PONG before the ERROR of a violation behind its PING', () => {
    expect(new ServerDriver().receive(concat(ping(1), rawFrame(0x0a, 0), ping(2))).frames).toStrictEqual([
      'PONG 1',
      fatal('UNKNOWN_TYPE'),
    ])
  })

  it('answers a PING while requests in front of it run', () => {
    expect(new ServerDriver().receive(concat(name(1, 'Ada'), ping(7))).frames).toStrictEqual(['PONG 7'])
  })

  it('writes a cancelled request before the PONG if the handler lets go of it at once', () => {
    const driver = new ServerDriver()
    driver.onCancel = () => ({ code: 'CANCELLED' })
    driver.receive(concat(name(1, 'Ada'), cancel(1), ping(7), cancel(1)))
    expect(driver.frames).toStrictEqual(['ERROR 1 CANCELLED 0', 'PONG 7'])
    expect(driver.asked).toStrictEqual(['greet 1 Ada', 'cancel 1'])
  })
})

describe('a ServerConnection in front of a NAME without a place', () => {
  it('has taken what stands before it and nothing behind', () => {
    const stream = concat(cancel(1), ping(5), rawFrame(0x8a, 0), name(2, 'Bob'), ping(6), cancel(1))
    const seen = forEveryDelivery(stream, (chunks) => occupied().receive(...chunks).seen)
    expect(seen).toMatchObject({
      frames: ['PONG 5'],
      asked: ['greet 1 Ada', 'cancel 1'],
      state: 'OPEN',
      wantsRead: false,
    })
  })

  it('goes on when the place is free, and judges all that waited', () => {
    const driver = occupied().receive(concat(name(2, 'Bob'), ping(6), name(3, 'Eve'), ping(7)))
    expect(driver.greetAll(1).frames).toStrictEqual([greeting(1), 'PONG 6'])
    expect(driver.asked).toStrictEqual(['greet 1 Ada', 'greet 2 Bob'])
    expect(driver.connection.wantsRead).toBe(false)
    expect(driver.reply([2, { code: 'GREETER_FAILED' }]).frames.slice(2)).toStrictEqual([
      'ERROR 2 GREETER_FAILED 0',
      'PONG 7',
    ])
    expect(driver.connection.wantsRead).toBe(true)
  })

  it('stops as soon as the header is there', () => {
    const header = name(2, 'Bob').subarray(0, 8)
    expect(occupied().receive(header.subarray(0, 7)).connection.wantsRead).toBe(true)
    expect(occupied().receive(header).connection.wantsRead).toBe(false)
  })

  it.each([
    { what: 'invalid', frame: name(2, '\t'), error: 'ERROR 2 INVALID_NAME 0' },
    { what: 'too long', frame: name(2, 'x'.repeat(1_025)), error: 'ERROR 2 NAME_TOO_LONG 1024' },
  ])('stops in front of a name that is $what too', ({ frame, error }) => {
    const driver = occupied().receive(frame)
    expect(driver.frames).toStrictEqual([])
    expect(driver.greetAll(1).frames).toStrictEqual([greeting(1), error])
  })

  it.each([
    { what: 'an id that was used', frame: name(1, 'Bob'), code: 'PROTOCOL_VIOLATION', detail: 0 },
    { what: 'id 0', frame: name(0, 'Bob'), code: 'PROTOCOL_VIOLATION', detail: 0 },
    { what: 'a length over the limit', frame: rawHeader(3, 2, 4_097), code: 'PAYLOAD_TOO_LARGE', detail: 4_096 },
  ])('does not stop in front of $what', ({ frame, code, detail }) => {
    const driver = occupied().receive(frame)
    expect(driver.connection).toMatchObject({ state: 'FAILING', wantsRead: true })
    expect(driver.greetAll(1).frames).toStrictEqual([greeting(1), fatal(code, detail)])
  })

  it('keeps a FIN waiting behind a whole NAME', () => {
    const driver = occupied().receive(name(2, 'Bob')).end()
    expect(driver.greetAll(1).standing).toStrictEqual({ state: 'ENDED', closing: 'no' })
    expect(driver.greetAll(2).standing).toStrictEqual({ state: 'CLOSED', closing: 'close' })
    expect(driver.frames).toStrictEqual([greeting(1), greeting(2)])
  })

  it('finds out about a NAME that the FIN cut when its place is free', () => {
    const driver = occupied().receive(name(2, 'Bob').subarray(0, 10)).end()
    expect(driver.standing).toStrictEqual({ state: 'OPEN', closing: 'no' })
    expect(driver.greetAll(1).frames).toStrictEqual([greeting(1), fatal('PROTOCOL_VIOLATION')])
    expect(driver.standing).toStrictEqual({ state: 'CLOSED', closing: 'close' })
    expect(driver.asked).toStrictEqual(['greet 1 Ada'])
  })

  it('has not seen that NAME: a GOODBYE has a lower id, discards it, and judges on', () => {
    const driver = occupied()
      .receive(concat(name(2, 'Bob'), cancel(2), ping(6)))
      .drain()
    expect(driver.frames).toStrictEqual(['GOODBYE 1 SHUTTING_DOWN', 'PONG 6'])
    expect(driver.greetAll(1).frames.slice(2)).toStrictEqual([greeting(1)])
    expect(driver.standing).toStrictEqual({ state: 'LINGERING', closing: 'half-close' })
    expect(driver.asked).toStrictEqual(['greet 1 Ada'])
  })

  it('lets no timer of the frame run', () => {
    const driver = occupied().receive(name(2, 'Bob').subarray(0, 10))
    expect(driver.passUntil(100_000).standing).toStrictEqual({ state: 'OPEN', closing: 'no' })
    driver.greetAll(1)
    expect(driver.connection.deadline).toBe(110_000)
    expect(driver.passUntil(109_999).receive(name(2, 'Bob').subarray(10)).asked).toContain('greet 2 Bob')
  })

  it('frees the place of a cancelled request with its terminal frame and not before', () => {
    const driver = new ServerDriver({ maxInFlight: 1 }).receive(concat(name(1, 'Ada'), cancel(1), name(2, 'Bob')))
    expect(driver.asked).toStrictEqual(['greet 1 Ada', 'cancel 1'])
    expect(driver.reply([1, { code: 'CANCELLED' }]).asked).toContain('greet 2 Bob')
  })

  it('bounds what it keeps: reading stops', () => {
    const driver = occupied().receive(name(2, 'Bob'))
    expect(driver.connection.wantsRead).toBe(false)
    expect(driver.fail('INTERNAL').connection.wantsRead).toBe(true)
  })
})

describe('the output of a ServerConnection', () => {
  const PINGS = OUTPUT_HIGH_WATER_BYTES / 8

  it('stops it at the mark, in front of any frame, and lets it go on below', () => {
    const driver = new ServerDriver()
    driver.kernelRoom = 0
    driver.receive(...Array.from({ length: PINGS + 10 }, (_, id) => ping(id)))
    expect(driver.connection.wantsRead).toBe(false)
    driver.kernelTakes(8)
    // One PONG went and one came.
    expect(driver.connection.wantsRead).toBe(false)
    driver.kernelTakes(Infinity)
    expect(driver.connection.wantsRead).toBe(true)
    expect(driver.frames).toStrictEqual(Array.from({ length: PINGS + 10 }, (_, id) => `PONG ${id}`))
  })

  it.each([
    { what: 'frames one by one', chunks: Array.from({ length: 200 }, (_, index) => name(index + 1, 'x')) },
    {
      what: 'frames in one piece',
      chunks: [concat(...Array.from({ length: 200 }, (_, index) => name(index + 1, 'x')))],
    },
  ])('is bounded by the mark and one answer for $what', ({ chunks }) => {
    const driver = new ServerDriver()
    const answer = 'x'.repeat(4_096)
    driver.onGreet = () => answer
    driver.kernelRoom = 0
    driver.receive(...chunks)
    const first = driver.output.length
    const waiting = first + (driver.connection.takeOutput()?.length ?? 0)
    expect(waiting).toBeGreaterThanOrEqual(OUTPUT_HIGH_WATER_BYTES)
    expect(waiting).toBeLessThan(OUTPUT_HIGH_WATER_BYTES + answer.length + 8)
    expect(driver.asked).toHaveLength(Math.ceil(OUTPUT_HIGH_WATER_BYTES / (answer.length + 8)))
  })

  it('takes every NAME once the client reads', () => {
    const driver = new ServerDriver()
    driver.onGreet = (id) => `${id} ${'x'.repeat(3_000)}`
    driver.kernelRoom = 0
    driver.receive(concat(...Array.from({ length: 100 }, (_, index) => name(index + 1, 'x'))), ping(1)).end()
    for (let round = 0; round < 60; round++) driver.kernelTakes(5_000)
    driver.kernelTakes(Infinity)
    expect(driver.frames).toHaveLength(101)
    expect(driver.frames.at(-1)).toBe('PONG 1')
    expect(driver.standing).toStrictEqual({ state: 'CLOSED', closing: 'close' })
  })

  it('is not held back by a stop: answers in flight are written', () => {
    const driver = new ServerDriver()
    driver.receive(name(1, 'Ada'))
    driver.kernelRoom = 0
    driver.receive(...Array.from({ length: PINGS }, (_, id) => ping(id)), cancel(1))
    expect(driver.asked).toStrictEqual(['greet 1 Ada'])
    driver.greetAll(1).kernelTakes(Infinity)
    // The CANCEL behind the mark finds its request answered.
    expect(driver.asked).toStrictEqual(['greet 1 Ada'])
    expect(driver.frames.at(-1)).toBe(greeting(1))
  })

  it('keeps a FIN and a violation waiting', () => {
    const driver = new ServerDriver()
    driver.kernelRoom = 0
    driver.receive(...Array.from({ length: PINGS }, (_, id) => ping(id)), rawFrame(0x0a, 0)).end()
    expect(driver.standing).toStrictEqual({ state: 'FRESH', closing: 'no' })
    driver.kernelTakes(Infinity)
    expect(driver.frames.at(-1)).toBe(fatal('UNKNOWN_TYPE'))
    expect(driver.standing).toStrictEqual({ state: 'CLOSED', closing: 'close' })
  })

  it('keeps a FIN waiting with nothing in front of it', () => {
    const driver = new ServerDriver()
    driver.kernelRoom = 0
    driver.receive(...Array.from({ length: PINGS }, (_, id) => ping(id))).end()
    expect(driver.standing).toStrictEqual({ state: 'FRESH', closing: 'no' })
    driver.kernelTakes(Infinity)
    expect(driver.frames).toHaveLength(PINGS)
    expect(driver.standing).toStrictEqual({ state: 'CLOSED', closing: 'close' })
  })

  it('discards without a bound while it fails and lingers', () => {
    const driver = new ServerDriver()
    driver.kernelRoom = 0
    driver.receive(...Array.from({ length: PINGS - 1 }, (_, id) => ping(id)), rawFrame(0x0a, 0))
    expect(driver.connection).toMatchObject({ state: 'FAILING', wantsRead: true })
    driver.kernelTakes(Infinity)
    expect(driver.connection).toMatchObject({ state: 'LINGERING', wantsRead: true })
  })
})
