/** The timers of a ServerConnection with a clock that the test moves: none goes off early, and `deadline` says when each does. */

import { describe, expect, it } from 'vitest'
import { cancel, concat, hello, name, ping, rawFrame } from '../raw-frames.ts'
import { OPTIONS, type OptionsChange, ServerDriver } from './connection-driver.ts'
import { fatal, greeting } from './frame-words.ts'

const begun = name(2, 'Bob').subarray(0, 10)
const rest = name(2, 'Bob').subarray(10)
const NEVER = {
  idleTimeoutMs: 0,
  frameTimeoutMs: 0,
  stallTimeoutMs: 0,
  lingerTimeoutMs: 0,
  drainTimeoutMs: 0,
  maxAgeMs: 0,
}

/** Only one timer is on, for 1,000 ms. */
const only = (timer: keyof typeof NEVER): OptionsChange => ({ ...NEVER, [timer]: 1_000 })

const idle = (): ServerDriver => new ServerDriver(only('idleTimeoutMs'))
const framed = (): ServerDriver => new ServerDriver(only('frameTimeoutMs'))

/** Expects nothing until the millisecond before `due`, and a change at `due`. */
function goesOffAt(driver: ServerDriver, due: number): ServerDriver {
  expect(driver.connection.deadline).toBe(due)
  const before = driver.seen
  expect(driver.passUntil(due - 1).seen).toStrictEqual(before)
  expect(driver.passUntil(due).seen).not.toStrictEqual(before)
  return driver
}

describe('without timers', () => {
  it('a connection has no deadline, whatever it does', () => {
    const driver = new ServerDriver(NEVER).receive(hello(), ping(1), name(1, 'Ada'), begun)
    driver.kernelRoom = 0
    driver.greetAll(1)
    expect(driver.connection.deadline).toBe(Infinity)
    driver.kernelTakes(Infinity)
    driver.receive(rawFrame(0x0a, 0))
    expect(driver.passUntil(1e12).connection.deadline).toBe(Infinity)
  })
})

describe('the idle timer', () => {
  const GOODBYE = 'GOODBYE 0 IDLE'

  it('starts with the connection', () => {
    expect(goesOffAt(idle(), 1_000).frames).toStrictEqual([GOODBYE])
  })

  it.each([
    { what: 'a PING', frame: ping(1) },
    { what: 'a skipped frame', frame: rawFrame(0x8a, 0, 'x') },
    { what: 'a HELLO', frame: hello() },
    { what: 'an invalid NAME', frame: name(1, '') },
  ])('starts anew with $what', ({ frame }) => {
    goesOffAt(idle().passUntil(600).receive(frame), 1_600)
  })

  it('starts anew with a CANCEL that has no effect', () => {
    const driver = idle().receive(name(1, 'Ada')).greetAll(1).passUntil(600).receive(cancel(1))
    expect(goesOffAt(driver, 1_600).frames).toStrictEqual([greeting(1), 'GOODBYE 1 IDLE'])
  })

  it('does not run while a request is in flight, and starts with its terminal frame', () => {
    const driver = idle()
      .receive(concat(name(1, 'Ada'), name(2, 'Bob')))
      .passUntil(5_000)
      .greetAll(2)
      .passUntil(50_000)
    expect(driver.connection.deadline).toBe(Infinity)
    expect(goesOffAt(driver.greetAll(1), 51_000).frames.at(-1)).toBe('GOODBYE 2 IDLE')
  })

  it('does not run while a frame is begun, and starts when that is whole', () => {
    const driver = idle()
      .receive(rawFrame(0x8a, 0, 'xx').subarray(0, 9))
      .passUntil(5_000)
    expect(driver.connection.deadline).toBe(Infinity)
    goesOffAt(driver.receive(Uint8Array.of(0)), 6_000)
  })

  it('does not run while output waits', () => {
    const driver = idle()
    driver.kernelRoom = 0
    driver.receive(ping(1)).passUntil(5_000).kernelTakes(7).passUntil(9_000)
    expect(driver.connection.deadline).toBe(Infinity)
    expect(goesOffAt(driver.kernelTakes(Infinity), 10_000).frames).toStrictEqual(['PONG 1', GOODBYE])
  })
})

describe('the age timer', () => {
  it('runs from the start, whatever happens, and lets requests finish within the drain time', () => {
    const driver = new ServerDriver({ ...only('maxAgeMs'), drainTimeoutMs: 300 })
    driver.passUntil(900).receive(name(1, 'Ada'), begun)
    goesOffAt(driver, 1_000)
    expect(driver.frames).toStrictEqual(['GOODBYE 1 MAX_AGE'])
    expect(goesOffAt(driver, 1_300).standing).toStrictEqual({ state: 'CLOSED', closing: 'reset' })
    expect(driver.asked).toStrictEqual(['greet 1 Ada', 'abandon'])
  })
})

describe('the frame timer', () => {
  it('runs from the first byte of a frame to its last, however many come between', () => {
    const driver = framed().passUntil(100).receive(begun.subarray(0, 1)).passUntil(600).receive(begun.subarray(1))
    expect(goesOffAt(driver, 1_100).frames).toStrictEqual([fatal('TIMEOUT')])
    expect(driver.standing).toStrictEqual({ state: 'LINGERING', closing: 'half-close' })
    expect(driver.receive(rest).asked).toStrictEqual([])
  })

  it('gives way to the last byte in time', () => {
    const driver = framed().receive(begun).passUntil(999).receive(rest)
    expect(driver.asked).toStrictEqual(['greet 2 Bob'])
    expect(driver.connection.deadline).toBe(Infinity)
  })

  it('starts afresh with the next frame, also if its first bytes came with the last ones of this', () => {
    const next = name(3, 'Eve').subarray(0, 3)
    goesOffAt(framed().receive(begun).passUntil(900).receive(concat(rest, next)), 1_900)
    goesOffAt(
      framed()
        .receive(begun)
        .passUntil(900)
        .receive(concat(rest, ping(1), next)),
      1_900,
    )
  })

  it('answers the requests taken before, and takes no NAME behind', () => {
    const driver = framed().receive(name(1, 'Ada'), begun).passUntil(1_000)
    expect(driver.standing).toStrictEqual({ state: 'FAILING', closing: 'no' })
    expect(driver.receive(rest).greetAll(1).frames).toStrictEqual([greeting(1), fatal('TIMEOUT')])
    expect(driver.asked).toStrictEqual(['greet 1 Ada'])
  })

  it('does not run while the output is full, and starts anew when reading goes on', () => {
    const driver = framed()
    driver.kernelRoom = 0
    driver.receive(...Array.from({ length: 8_192 }, (_, id) => ping(id)), begun).passUntil(5_000)
    expect(driver.connection.deadline).toBe(Infinity)
    goesOffAt(driver.kernelTakes(Infinity), 6_000)
  })

  it('does not run in DRAINING', () => {
    const driver = framed().receive(name(1, 'Ada'), begun).drain(Infinity)
    expect(driver.connection.deadline).toBe(Infinity)
  })
})

describe('the stall timer', () => {
  it('runs while output waits, anew with every byte that the kernel takes', () => {
    const driver = new ServerDriver(only('stallTimeoutMs'))
    driver.kernelRoom = 3
    driver.receive(name(1, 'Ada'), ping(1))
    expect(driver.connection.deadline).toBe(1_000)
    driver.passUntil(900).kernelTakes(1).passUntil(1_800).kernelTakes(0)
    expect(goesOffAt(driver, 1_900).standing).toStrictEqual({ state: 'CLOSED', closing: 'reset' })
    expect(driver.asked).toStrictEqual(['greet 1 Ada', 'abandon'])
  })

  it.each(['OPEN', 'DRAINING', 'FAILING', 'ENDED'])('ends with the last byte in %s', (state) => {
    const driver = new ServerDriver(only('stallTimeoutMs')).receive(name(1, 'Ada'), ping(1))
    if (state === 'DRAINING') driver.drain(Infinity)
    if (state === 'FAILING') driver.receive(rawFrame(0x0a, 0))
    if (state === 'ENDED') driver.end()
    expect(driver.connection.state).toBe(state)
    driver.kernelRoom = 0
    driver.greetAll(1)
    expect(driver.connection.deadline).toBe(1_000)
    expect(driver.passUntil(999).kernelTakes(Infinity).connection.deadline).toBe(Infinity)
  })
})

describe('the linger timer', () => {
  it('runs from the FIN of the server, and is not moved by what the client sends', () => {
    const driver = new ServerDriver(only('lingerTimeoutMs')).passUntil(500).receive(rawFrame(0x0a, 0))
    driver.passUntil(1_000).receive(ping(1), name(1, 'Ada'))
    expect(goesOffAt(driver, 1_500).standing).toStrictEqual({ state: 'CLOSED', closing: 'close' })
  })

  it('starts when the kernel has the last byte', () => {
    const driver = new ServerDriver(only('lingerTimeoutMs'))
    driver.kernelRoom = 0
    driver.receive(rawFrame(0x0a, 0)).passUntil(700)
    expect(driver.connection.deadline).toBe(Infinity)
    goesOffAt(driver.kernelTakes(Infinity), 1_700)
  })
})

describe('the drain deadline', () => {
  it('is the earliest that was set, and not moved by what the client sends', () => {
    const driver = new ServerDriver(NEVER).receive(name(1, 'Ada')).drain(5_000).drain(2_000).drain(9_000)
    driver.passUntil(1_999).receive(ping(1), name(2, 'Bob'), cancel(1))
    expect(driver.frames).toStrictEqual(['GOODBYE 1 SHUTTING_DOWN', 'PONG 1'])
    expect(goesOffAt(driver, 2_000).standing).toStrictEqual({ state: 'CLOSED', closing: 'reset' })
  })

  it('of a shutdown counts for a connection that its idle timer drains', () => {
    const driver = new ServerDriver({ ...NEVER, idleTimeoutMs: 1_000, drainTimeoutMs: 10_000 })
    driver.kernelRoom = 0
    driver.passUntil(1_000)
    expect(driver.connection.deadline).toBe(11_000)
    expect(driver.drain(4_000).connection.deadline).toBe(4_000)
    expect(driver.frames).toStrictEqual(['GOODBYE 0 IDLE'])
  })

  it('holds for connections that get no GOODBYE', () => {
    const driver = new ServerDriver(NEVER).receive(name(1, 'Ada')).end().drain(3_000)
    expect(driver.frames).toStrictEqual([])
    expect(goesOffAt(driver, 3_000).standing).toStrictEqual({ state: 'CLOSED', closing: 'reset' })
  })
})

describe('several timers', () => {
  it('go off one after the other until the connection is gone', () => {
    const driver = new ServerDriver({ maxAgeMs: 2_000, idleTimeoutMs: 3_000 }).receive(begun)
    goesOffAt(driver, 2_000)
    expect(goesOffAt(driver, 2_000 + OPTIONS.lingerTimeoutMs).connection.deadline).toBe(Infinity)
    expect(driver.frames).toStrictEqual(['GOODBYE 0 MAX_AGE'])
  })

  it('are all found by a tick that comes late', () => {
    const driver = new ServerDriver().receive(begun)
    driver.passUntil(0).now = 1e9
    driver.passUntil(1e9)
    expect(driver.frames).toStrictEqual([fatal('TIMEOUT')])
    expect(driver.connection.deadline).toBe(1e9 + OPTIONS.lingerTimeoutMs)
  })
})
