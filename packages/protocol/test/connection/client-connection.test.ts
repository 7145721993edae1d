import { describe, expect, it } from 'vitest'
import { UsageError } from '../../src/index.ts'
import { toHex } from '../hex.ts'
import { cancel, concat, name, ping, rawFrame, uint16, uint32 } from '../raw-frames.ts'
import { ClientRecorder } from './client-recorder.ts'

const welcome = ({ maxName = 1_024, maxPayload = 4_096, maxInFlight = 256 } = {}): Uint8Array =>
  rawFrame(0x02, 0, concat(uint16(1), uint16(maxName), uint32(maxPayload), uint32(maxInFlight), uint32(0)))
const greeting = (id: number): Uint8Array => rawFrame(0x04, id, `Hello ${id}`)
const error = (id: number, code: number, detail = 0): Uint8Array =>
  rawFrame(0x05, id, concat(uint16(code), uint32(detail)))
const goodbye = (id: number): Uint8Array => rawFrame(0x09, id, uint16(1))

/** A client that sent no HELLO, so that its output holds nothing but what a test asks for. */
function plain(options: { maxInFlight?: number; firstId?: number } = {}): ClientRecorder {
  return new ClientRecorder({ hello: false, ...options })
}

describe('opening', () => {
  it('sends HELLO with version 1, its payload limit and its agent', () => {
    const { connection } = new ClientRecorder({ maxPayload: 5_000, agent: 'me' })
    expect(toHex(connection.takeOutput() as Uint8Array)).toBe('00 00 0a 01 00 00 00 00 00 01 00 01 00 00 13 88 6d 65')
  })

  it('sends nothing without a HELLO, and keeps the default limits', () => {
    const { connection } = plain()
    expect(connection.takeOutput()).toBeUndefined()
    expect(connection.limits).toMatchObject({ maxName: 1_024, maxInFlight: 256 })
  })

  it.each([
    [{ agent: '\n' }, 'agent holds a control character'],
    [{ agent: '\ud800' }, 'agent holds a lone surrogate'],
    [{ agent: 'x'.repeat(256) }, '256 bytes, limit is 255'],
    [{ maxPayload: 4_095 }, 'maxPayload is 4095, allowed is an integer from 4096 to 65535'],
    [{ maxPayload: 65_536 }, 'maxPayload is 65536'],
    [{ maxInFlight: 0 }, 'maxInFlight is 0'],
    [{ firstId: 0 }, 'firstId is 0'],
  ])('refuses %o', (options, message) => {
    expect(() => new ClientRecorder(options)).toThrow(message)
  })

  it('takes the limits of the WELCOME into force', () => {
    const recorder = new ClientRecorder()
    recorder.connection.receive(welcome({ maxName: 3, maxInFlight: 2 }))
    expect(recorder.connection.room).toBe(2)
    expect(() => recorder.connection.greet('four')).toThrow('name is at least 4 bytes, limit is 3')
  })
})

describe('greet', () => {
  it('counts ids from 1 and sends a NAME for each', () => {
    const { connection } = plain()
    expect([connection.greet('Ada'), connection.greet('Zoë')]).toEqual([1, 2])
    expect(connection.takeOutput()).toEqual(concat(name(1, 'Ada'), name(2, 'Zoë')))
  })

  it.each([
    ['', 'name is empty'],
    ['a\u0000', 'name holds a control character'],
    ['\u0085', 'name holds a control character'],
    ['\udc00', 'name holds a lone surrogate'],
    ['x'.repeat(1_025), 'name is at least 1025 bytes, limit is 1024'],
    ['é'.repeat(513), 'name is 1026 bytes, limit is 1024'],
  ])('refuses %j, sends nothing and uses up no id', (text, message) => {
    const { connection } = plain()
    expect(() => connection.greet(text)).toThrow(new UsageError(`Cannot send NAME: ${message}`))
    expect(connection.takeOutput()).toBeUndefined()
    expect(connection.greet('x'.repeat(1_024))).toBe(1)
  })

  it('refuses an id that is not above the last', () => {
    const { connection } = plain()
    connection.greet('Ada', 5)
    expect(() => connection.greet('Ada', 5)).toThrow('id is 5, the last one was 5')
    expect(connection.greet('Ada')).toBe(6)
  })

  it.each([2 ** 32, 2 ** 32 + 5, 1.5, NaN, Infinity])('refuses the id %d, and sends nothing', (id) => {
    const { connection } = plain()
    expect(() => connection.greet('Ada', id)).toThrow(
      new UsageError(`Cannot send NAME: id is ${id}, allowed is an integer from 1 to 4294967295`),
    )
    expect(connection.takeOutput()).toBeUndefined()
    expect([connection.greet('Ada'), connection.room]).toEqual([1, 255])
  })

  it('never exceeds the limit in flight, its own or the default', () => {
    const own = plain({ maxInFlight: 2 }).connection
    own.greet('a')
    own.greet('b')
    expect(() => own.greet('c')).toThrow('Cannot send NAME: no room, 2 requests are in flight in state OPEN')
    const { connection } = plain()
    for (let count = 0; count < 256; count++) connection.greet('a')
    expect(connection.room).toBe(0)
  })

  it('has no room while too much output waits, and again when the kernel took it', () => {
    const recorder = new ClientRecorder()
    const { connection } = recorder
    connection.receive(welcome({ maxInFlight: 0xffff_ffff }))
    while (connection.room > 0) connection.greet('x'.repeat(1_000))
    expect(connection.inFlight).toBeLessThan(70)
    expect(connection.takeOutput()?.length).toBeLessThan(70_000)
    expect(connection.room).toBe(0)
    connection.outputAccepted(40_000)
    expect(connection.room).toBeGreaterThan(0)
  })

  it('ends with the last id', () => {
    const recorder = plain({ firstId: 0xffff_ffff })
    const { connection } = recorder
    expect(connection.room).toBe(1)
    expect(connection.greet('Ada')).toBe(0xffff_ffff)
    expect([connection.room, connection.exhausted]).toEqual([0, true])
    connection.receive(greeting(0xffff_ffff))
    expect(recorder.frames).toHaveLength(1)
    expect(connection.room).toBe(0)
  })
})

describe('cancel', () => {
  it('sends CANCEL, keeps the place and drops the terminal frame', () => {
    const recorder = plain({ maxInFlight: 1 })
    const { connection } = recorder
    connection.greet('Ada')
    expect(connection.cancel(1)).toBe(true)
    expect(connection.takeOutput()).toEqual(concat(name(1, 'Ada'), cancel(1)))
    expect(connection.room).toBe(0)
    connection.receive(greeting(1))
    expect(recorder.frames).toEqual([])
    expect(connection.room).toBe(1)
  })

  it('accepts any terminal frame, and only one', () => {
    const { connection } = plain()
    connection.greet('Ada')
    connection.cancel(1)
    connection.receive(error(1, 0x0106))
    expect(connection.violation).toBeUndefined()
    connection.receive(error(1, 0x0106))
    expect(connection.violation?.code).toBe('PROTOCOL_VIOLATION')
  })

  it('does nothing for a request that is settled, unknown or cancelled', () => {
    const { connection } = plain()
    connection.greet('Ada')
    connection.greet('Bob')
    connection.receive(greeting(1))
    connection.cancel(2)
    connection.takeOutput()
    expect([1, 2, 3, 0].map((id) => connection.cancel(id))).toEqual([false, false, false, false])
    expect(connection.takeOutput()).toBeUndefined()
  })

  it('tells nothing of a cancelled request when the connection ends', () => {
    const recorder = plain()
    recorder.connection.greet('Ada')
    recorder.connection.cancel(1)
    recorder.connection.reset()
    expect(recorder.lostRequests).toEqual([])
  })
})

describe('ping', () => {
  it('takes PONGs in order only', () => {
    const recorder = plain()
    const { connection } = recorder
    expect([connection.ping(), connection.ping(), connection.ping(0)]).toEqual([1, 2, 0])
    expect(connection.takeOutput()).toEqual(concat(ping(1), ping(2), ping(0)))
    connection.receive(concat(rawFrame(0x07, 1), rawFrame(0x07, 0)))
    expect(recorder.frames).toEqual([{ type: 'PONG', id: 1 }])
    expect(connection.violation?.message).toBe('unexpected PONG, any other (header 00 00 00 07 00 00 00 00)')
  })

  it.each([-1, 2 ** 32, 1.5, NaN])('refuses the id %d, and sends nothing', (id) => {
    const { connection } = plain()
    expect(() => connection.ping(id)).toThrow(
      new UsageError(`Cannot send PING: id is ${id}, allowed is an integer from 0 to 4294967295`),
    )
    expect(connection.takeOutput()).toBeUndefined()
    expect(connection.ping()).toBe(1)
  })

  it('is refused on a connection that has ended', () => {
    const { connection } = plain()
    connection.close()
    expect(() => connection.ping()).toThrow(UsageError)
  })
})

describe('what may have been executed', () => {
  it('is never a request whose frame did not reach the kernel as a whole', () => {
    const recorder = plain()
    const { connection } = recorder
    connection.greet('Ada')
    connection.greet('Bob')
    connection.takeOutput()
    connection.outputAccepted(11 + 10)
    connection.greet('Cyd')
    connection.reset()
    expect(recorder.lostRequests.map(({ executed }) => executed)).toEqual(['maybe', 'never', 'never'])
  })

  it('is never a request above a GOODBYE, and those below are still answered', () => {
    const recorder = plain()
    const { connection } = recorder
    for (const text of ['a', 'b', 'c']) connection.greet(text)
    recorder.sendAll()
    connection.receive(goodbye(1))
    expect(recorder.lostRequests).toEqual([2, 3].map((id) => ({ id, executed: 'never', why: 'goodbye' })))
    expect([connection.room, connection.closing]).toEqual([0, 'no'])
    connection.receive(greeting(1))
    expect(connection.closing).toBe('half-close')
    connection.finReceived()
    expect(connection.closing).toBe('close')
  })

  it('is nothing after an ERROR with id 0, but anything after INTERNAL', () => {
    for (const [code, executed] of [
      [0x0081, 'never'],
      [0x0083, 'maybe'],
    ] as const) {
      const recorder = plain()
      recorder.connection.greet('Ada')
      recorder.sendAll()
      recorder.connection.receive(error(0, code))
      expect(recorder.lostRequests).toEqual([{ id: 1, executed, why: 'error' }])
      expect(recorder.connection.closing).toBe('half-close')
    }
  })

  it('is everything written after a violation by the server, and nothing more is sent', () => {
    const recorder = plain()
    const { connection } = recorder
    connection.greet('Ada')
    recorder.sendAll()
    connection.greet('Bob')
    connection.receive(Uint8Array.of(0x48))
    expect(recorder.lostRequests).toEqual([
      { id: 1, executed: 'maybe', why: 'violation' },
      { id: 2, executed: 'never', why: 'violation' },
    ])
    expect(connection.takeOutput()).toBeUndefined()
    expect(connection.violation).toMatchObject({ code: 'PAYLOAD_TOO_LARGE', detail: 4_096 })
  })
})

describe('finish', () => {
  it('half-closes at once when nothing is due', () => {
    const { connection } = plain()
    connection.finish()
    expect(connection.closing).toBe('half-close')
    expect(connection.exhausted).toBe(true)
  })

  it('waits for answers and PONGs', () => {
    const { connection } = plain()
    connection.greet('Ada')
    connection.ping()
    connection.finish()
    connection.receive(greeting(1))
    expect(connection.closing).toBe('no')
    connection.receive(rawFrame(0x07, 1))
    expect(connection.closing).toBe('half-close')
  })

  it('does not wait for what is cancelled, but sends the CANCEL and drops what still comes', () => {
    const recorder = plain()
    const { connection } = recorder
    connection.greet('Ada')
    recorder.sendAll()
    connection.finish()
    connection.cancel(1)
    expect([connection.closing, recorder.sendAll()]).toEqual(['half-close', cancel(1)])
    connection.receive(greeting(1))
    expect([connection.violation, recorder.frames]).toEqual([undefined, []])
    connection.finReceived()
    expect(connection.closing).toBe('close')
  })

  it('sends the CANCEL of the last request after a GOODBYE', () => {
    const recorder = plain()
    const { connection } = recorder
    connection.greet('Ada')
    recorder.sendAll()
    connection.receive(goodbye(1))
    connection.cancel(1)
    expect([connection.closing, recorder.sendAll()]).toEqual(['half-close', cancel(1)])
  })
})

it('lets a handler send, cancel and close from within an outcome', () => {
  const recorder = plain()
  const { connection } = recorder
  recorder.greeting = (id) => {
    if (id === 1) connection.greet('next')
    else connection.close()
  }
  connection.greet('Ada')
  connection.greet('Bob')
  recorder.sendAll()
  connection.receive(concat(greeting(1), greeting(2), greeting(3)))
  expect(recorder.lostRequests).toEqual([{ id: 3, executed: 'never', why: 'closed' }])
  expect(connection.violation).toBeUndefined()
})
