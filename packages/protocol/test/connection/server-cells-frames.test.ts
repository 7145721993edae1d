import { describe, expect, it } from 'vitest'
import { SERVER_TRANSITIONS, type ServerAction, type ServerInput } from '../../src/index.ts'
import { forEveryDelivery } from '../delivery.ts'
import { fromHex } from '../hex.ts'
import { cancel, concat, hello, name, ping, rawFrame, rawHeader, utf8 } from '../raw-frames.ts'
import type { ServerDriver } from './connection-driver.ts'
import { fatal, greeting } from './frame-words.ts'
import { ANSWERED, connectionIn, IN_FLIGHT, LIVE_STATES, type LiveState } from './server-states.ts'

/** Frames that are each input, in any state in which the input can come. */
const FRAMES: Partial<Record<ServerInput, Record<string, Uint8Array>>> = {
  'length over the limit': {
    'a NAME of 4,097 bytes': rawHeader(0x03, 9, 4_097),
    'a PING of 65,535 bytes': rawHeader(0x06, 9, 65_535),
    'an ignorable frame of 4,097 bytes': rawHeader(0x8a, 9, 4_097),
    'an unassigned type of 4,097 bytes': rawHeader(0x0a, 9, 4_097),
    'a length of 65,536': rawHeader(0x03, 9, 65_536),
    HTTP: utf8('GET / HTTP/1.1\r\n\r\n'),
    'the byte 0xFF': fromHex('ff'),
  },
  'unassigned type below 0x80': Object.fromEntries(
    [0x00, 0x0a, 0x3f, 0x40, 0x7f].map((type) => [`type ${type}`, rawFrame(type, 9, 'xx')]),
  ),
  'unknown type from 0x80': Object.fromEntries(
    [0x80, 0x8a, 0xbf, 0xc0, 0xff].map((type) => [`type ${type}`, rawFrame(type, 0xffff_ffff, fromHex('ff 00'))]),
  ),
  "a server's frame": Object.fromEntries(
    [0x02, 0x04, 0x05, 0x07, 0x09].map((type) => [`type ${type}`, rawFrame(type, IN_FLIGHT)]),
  ),
  'HELLO, malformed': {
    'with an id': hello({ id: 1 }),
    'of 7 bytes': rawFrame(0x01, 0, new Uint8Array(7)),
    'of 264 bytes': rawFrame(0x01, 0, new Uint8Array(264)),
    'with version 0': hello({ minVersion: 0 }),
    'with inverted versions': hello({ minVersion: 2, maxVersion: 1 }),
    'with maxPayload 4,095': hello({ maxPayload: 4_095 }),
    'with an ill-formed agent': hello({ agent: fromHex('c3') }),
    'with a control character in the agent': hello({ agent: 'a\n' }),
  },
  'HELLO, a version in common': {
    'version 1': hello(),
    'versions 1 to 65,535': hello({ maxVersion: 65_535 }),
    'without agent': hello({ agent: '' }),
    'with an agent of 255 bytes': hello({ agent: 'a'.repeat(255) }),
    'with the highest maxPayload': hello({ maxPayload: 0xffff_ffff }),
  },
  'HELLO, none in common': {
    'version 2': hello({ minVersion: 2, maxVersion: 2 }),
    'versions up to the last': hello({ minVersion: 2, maxVersion: 65_535 }),
    'whatever the rest holds': hello({ minVersion: 2, maxVersion: 2, maxPayload: 0, agent: fromHex('ff') }),
  },
  PING: { 'id 0': ping(0), 'the highest id': ping(0xffff_ffff) },
  'PING or CANCEL with a payload': {
    PING: rawFrame(0x06, 9, 'x'),
    'CANCEL of the request in flight': rawFrame(0x08, IN_FLIGHT, 'x'),
    'CANCEL of an id above last': rawFrame(0x08, 99, 'x'),
  },
  'NAME, id 0 or ≤ last': { 'id 0': name(0, 'Eve') },
  'NAME, id > last': {
    'the next id': name(IN_FLIGHT + 1, 'Eve'),
    'an id further on': name(9, 'Eve'),
    'the highest id': name(0xffff_ffff, 'Eve'),
  },
  'CANCEL, 0 or > last': {
    'id 0': cancel(0),
    'the id above last': cancel(IN_FLIGHT + 1),
    'the highest id': cancel(0xffff_ffff),
  },
  'CANCEL, in flight': { 'the id in flight': cancel(IN_FLIGHT) },
  'CANCEL, other id ≤ last': { 'an answered id': cancel(ANSWERED), 'an id left out': cancel(ANSWERED + 1) },
}

/** Frames that are the input only where NAMEs were taken. */
const FRAMES_BEHIND_NAMES: Partial<Record<ServerInput, Record<string, Uint8Array>>> = {
  'NAME, id 0 or ≤ last': {
    'the id in flight': name(IN_FLIGHT, 'Eve'),
    'an answered id': name(ANSWERED, 'Eve'),
    'an id left out': name(1, 'Eve'),
  },
}

const DETAILS: Partial<Record<ServerAction, number>> = { PAYLOAD_TOO_LARGE: 4_096, UNSUPPORTED_VERSION: 0x0001_0001 }

const WELCOME = `WELCOME 0 ${JSON.stringify({
  version: 1,
  maxName: 1_024,
  maxPayload: 4_096,
  maxInFlight: 256,
  idleTimeoutMs: 300_000,
  agent: 'greetwire/1.0',
})}`

interface Cell {
  readonly state: LiveState
  readonly input: ServerInput
  readonly what: string
  readonly frame: Uint8Array
  readonly action: ServerAction | undefined
}

const cells: Cell[] = LIVE_STATES.flatMap((state) => {
  const inputs = Object.entries(FRAMES) as [ServerInput, Record<string, Uint8Array>][]
  return inputs.flatMap(([input, frames]) => {
    const action = SERVER_TRANSITIONS[input][state]
    // An input that cannot come in FRESH, such as the CANCEL of a request.
    if (state === 'FRESH' && action === undefined) return []
    const all = { ...frames, ...(state === 'FRESH' ? {} : FRAMES_BEHIND_NAMES[input]) }
    return Object.entries(all).map(([what, frame]) => ({ state, input, what, frame, action }))
  })
})

/** What happened since the connection was brought into its state. */
interface Change {
  readonly frames: readonly string[]
  readonly asked: readonly string[]
  readonly state: string
}

function change(state: LiveState, bytes: Uint8Array, after: (driver: ServerDriver) => unknown = () => {}): Change {
  return forEveryDelivery(bytes, (chunks) => {
    const driver = connectionIn(state)
    const frames = driver.frames.length
    const asked = driver.asked.length
    after(driver.receive(...chunks))
    return { frames: driver.frames.slice(frames), asked: driver.asked.slice(asked), state: driver.connection.state }
  })
}

/** The frame, and a PING behind it that tells whether the connection still judges. */
const withPing = (frame: Uint8Array): Uint8Array => concat(frame, ping(77))

describe.each(LIVE_STATES)('a ServerConnection in %s', (state) => {
  const of = (...actions: (ServerAction | undefined)[]): Cell[] =>
    cells.filter((cell) => cell.state === state && actions.includes(cell.action))
  const violations = of('PAYLOAD_TOO_LARGE', 'UNKNOWN_TYPE', 'PROTOCOL_VIOLATION', 'UNSUPPORTED_VERSION')
  const withoutEffect = [...of('discard', undefined), ...of('skip', 'ignore')]
  const goesOn = state === 'FRESH' || state === 'OPEN' || state === 'DRAINING'
  const pong = goesOn ? ['PONG 77'] : []

  it.for(violations)('fails on: $input ($what)', ({ frame, action }) => {
    const words = fatal(String(action), DETAILS[action as ServerAction])
    const answered = change(state, withPing(frame), (driver) => driver.greetAll(IN_FLIGHT))
    const answers = state === 'FRESH' ? [] : [greeting(IN_FLIGHT)]
    expect(answered).toStrictEqual({ frames: [...answers, words], asked: [], state: 'LINGERING' })
    if (state !== 'FRESH') {
      expect(change(state, withPing(frame))).toStrictEqual({ frames: [], asked: [], state: 'FAILING' })
    }
  })

  it.for(withoutEffect)('does nothing on: $input ($what)', ({ frame }) => {
    expect(change(state, withPing(frame))).toStrictEqual({ frames: pong, asked: [], state })
  })

  it.for(of('pong'))('answers: $input ($what)', ({ frame }) => {
    const [ponged, ...others] = change(state, withPing(frame)).frames
    expect(ponged).toBe(`PONG ${frame.at(-1) === 0 ? 0 : 0xffff_ffff}`)
    expect(others).toStrictEqual(pong)
  })

  it.for(of('welcome'))('welcomes: $input ($what)', ({ frame }) => {
    expect(change(state, withPing(frame))).toStrictEqual({ frames: [WELCOME, ...pong], asked: [], state: 'OPEN' })
  })

  it.for(of('take'))('takes: $input ($what)', ({ frame }) => {
    const { asked, ...rest } = change(state, withPing(frame))
    expect(asked).toStrictEqual([expect.stringMatching(/^greet \d+ Eve$/)])
    expect(rest).toStrictEqual({ frames: pong, state: 'OPEN' })
  })

  it.for(of('cancel'))('cancels: $input ($what)', ({ frame }) => {
    const outcome = change(state, withPing(frame))
    expect(outcome).toStrictEqual({ frames: pong, asked: [`cancel ${IN_FLIGHT}`], state })
  })

  it('has a test for every input that a frame can be', () => {
    const inputs = new Set(cells.filter((cell) => cell.state === state).map(({ input }) => input))
    const possible = (Object.keys(FRAMES) as ServerInput[]).filter(
      (input) => state !== 'FRESH' || SERVER_TRANSITIONS[input][state] !== undefined,
    )
    expect([...inputs]).toStrictEqual(possible)
    expect(Object.keys(FRAMES)).toHaveLength(14)
  })
})

describe('a NAME that is discarded in DRAINING', () => {
  it('makes its id seen', () => {
    const { frames, state } = change('DRAINING', concat(name(9, 'Eve'), cancel(9), cancel(7), ping(1)))
    expect({ frames, state }).toStrictEqual({ frames: ['PONG 1'], state: 'DRAINING' })
  })

  it('makes its id used', () => {
    expect(change('DRAINING', concat(name(9, 'Eve'), name(9, 'Eve'))).state).toBe('FAILING')
    expect(change('DRAINING', concat(name(9, 'Eve'), name(10, 'Eve'))).state).toBe('DRAINING')
    expect(change('DRAINING', concat(name(9, 'Eve'), cancel(10))).state).toBe('FAILING')
  })
})
