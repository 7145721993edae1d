/** Drives a client into every state and gives it every input: each cell of CLIENT_TRANSITIONS does what it says. */

import { describe, expect, it } from 'vitest'
import { CLIENT_TRANSITIONS, type ClientAction, type ClientInput, type ClientState } from '../../src/index.ts'
import { concat, rawFrame, rawHeader, uint16, uint32 } from '../raw-frames.ts'
import { ClientRecorder } from './client-recorder.ts'

const welcome = rawFrame(0x02, 0, concat(uint16(1), uint16(1_024), uint32(4_096), uint32(256), uint32(0)))
const goodbye = rawFrame(0x09, 2, uint16(1))
const fatal = rawFrame(0x05, 0, concat(uint16(1), uint32(0)))
const requestError = (id: number): Uint8Array => rawFrame(0x05, id, concat(uint16(0x0101), uint32(0)))

/** A client with requests 1 and 2 and PING 7 unanswered, as far as its state allows. */
const enter: { readonly [State in Exclude<ClientState, 'CLOSED'>]: () => ClientRecorder } = {
  OPENING: () => started(),
  OPEN: () => started(welcome),
  DRAINING: () => started(welcome, goodbye),
  FAILED: () => started(welcome, fatal),
}

function started(...frames: readonly Uint8Array[]): ClientRecorder {
  const recorder = new ClientRecorder({ maxPayload: 4_096 })
  recorder.connection.greet('Ada')
  recorder.connection.greet('Bob')
  recorder.connection.ping(7)
  recorder.sendAll()
  recorder.receiveAll(frames)
  return recorder
}

type FrameInput = Exclude<ClientInput, 'FIN' | 'reset'>

/** A frame for each input, where 1 is in flight and 7 the oldest PING's id, and 2 the last id sent. */
const frameOf: { readonly [Input in FrameInput]: Uint8Array } = {
  'length over the limit': rawHeader(0x8a, 0, 4_097),
  "a client's frame": rawFrame(0x03, 1, 'Ada'),
  'unassigned type below 0x80': rawFrame(0x40, 0),
  'unknown type from 0x80': rawFrame(0x8a, 5, 'anything'),
  WELCOME: welcome,
  'WELCOME, malformed': rawFrame(0x02, 1, concat(uint16(1), uint16(1_024), uint32(4_096), uint32(256), uint32(0))),
  'GREETING, in flight': rawFrame(0x04, 1, 'Hello Ada'),
  'GREETING, any other id': rawFrame(0x04, 9, 'Hello Ada'),
  'GREETING, ill-formed': rawFrame(0x04, 1, Uint8Array.of(0xff)),
  'ERROR, in flight': requestError(1),
  'ERROR, any other id': requestError(9),
  'ERROR, id 0': fatal,
  'ERROR, malformed': rawFrame(0x05, 1, 'short'),
  "PONG, the oldest PING's id": rawFrame(0x07, 7),
  'PONG, any other': rawFrame(0x07, 8),
  'GOODBYE, id ≤ last': goodbye,
  'GOODBYE, id > last': rawFrame(0x09, 3, uint16(1)),
  'GOODBYE, malformed': rawFrame(0x09, 2, 'x'),
}

const states = Object.keys(enter) as Exclude<ClientState, 'CLOSED'>[]
const cells = (Object.keys(frameOf) as FrameInput[]).flatMap((input) =>
  states.map((state) => [input, state, CLIENT_TRANSITIONS[input][state]] as const),
)

/** What each action leaves behind, in a client that was in `state`. */
function consequenceOf(action: ClientAction, state: Exclude<ClientState, 'CLOSED'>): object {
  if (action === 'skip') return { state, frames: [], closing: state === 'FAILED' ? 'half-close' : 'no' }
  if (action === 'welcome') return { state: 'OPEN', frames: ['WELCOME'], closing: 'no' }
  if (action === 'greeting') return { state, frames: ['GREETING'], closing: 'no' }
  if (action === 'error') return { state, frames: ['ERROR'], closing: 'no' }
  if (action === 'pong') return { state, frames: ['PONG'], closing: 'no' }
  if (action === 'goodbye') return { state: 'DRAINING', frames: ['GOODBYE'], closing: 'no' }
  if (action === 'fail') return { state: 'FAILED', frames: [], closing: 'half-close' }
  return { state: 'CLOSED', frames: [], closing: 'reset', violation: action }
}

describe.each(cells)('%s in %s', (input, state, action) => {
  it(`is ${action}`, () => {
    const recorder = enter[state]()
    recorder.frames.length = 0
    const { connection } = recorder
    connection.receive(frameOf[input])
    expect({
      state: connection.state,
      frames: recorder.frames.map((frame) => (frame as { type: string }).type),
      closing: connection.closing,
      ...(connection.violation ? { violation: connection.violation.code } : {}),
    }).toEqual(consequenceOf(action, state))
  })
})

describe.each(states)('the end in %s', (state) => {
  it.each(['FIN', 'reset'] as const)('by %s closes, and each request has its one outcome', (input) => {
    const recorder = enter[state]()
    if (input === 'FIN') recorder.connection.finReceived()
    else recorder.connection.reset()
    expect(recorder.connection.state).toBe('CLOSED')
    expect(recorder.connection.closing).toBe('close')
    const executed = state === 'FAILED' ? 'never' : 'maybe'
    const why = state === 'FAILED' ? 'error' : input === 'FIN' ? 'fin' : 'reset'
    expect(recorder.lostRequests).toEqual([
      { id: 1, executed, why },
      { id: 2, executed, why },
    ])
  })

  it('is final: nothing received later is judged', () => {
    const recorder = enter[state]()
    recorder.connection.close()
    recorder.frames.length = 0
    recorder.receiveAll(Object.values(frameOf))
    recorder.connection.finReceived()
    recorder.connection.reset()
    expect(recorder.frames).toEqual([])
    expect(recorder.connection.violation).toBeUndefined()
    expect(recorder.lostRequests).toHaveLength(2)
  })
})

// Written from the prose of the specification, not from the table under test.
describe('the table', () => {
  const legal: { readonly [Input in ClientInput]?: readonly ClientState[] } = {
    'unknown type from 0x80': ['OPENING', 'OPEN', 'DRAINING', 'FAILED'],
    WELCOME: ['OPENING'],
    'GREETING, in flight': ['OPENING', 'OPEN', 'DRAINING'],
    'ERROR, in flight': ['OPENING', 'OPEN', 'DRAINING'],
    'ERROR, id 0': ['OPENING', 'OPEN', 'DRAINING'],
    "PONG, the oldest PING's id": ['OPENING', 'OPEN', 'DRAINING'],
    'GOODBYE, id ≤ last': ['OPENING', 'OPEN'],
    FIN: ['OPENING', 'OPEN', 'DRAINING', 'FAILED'],
    reset: ['OPENING', 'OPEN', 'DRAINING', 'FAILED'],
  }
  const violations = ['PAYLOAD_TOO_LARGE', 'UNKNOWN_TYPE', 'PROTOCOL_VIOLATION']

  it.each(Object.keys(CLIENT_TRANSITIONS) as ClientInput[])('allows "%s" where the specification does', (input) => {
    const allowed = states.filter((state) => !violations.includes(CLIENT_TRANSITIONS[input][state]))
    expect(allowed).toEqual(legal[input] ?? [])
  })
})
