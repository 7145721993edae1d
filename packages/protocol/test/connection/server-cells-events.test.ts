import { describe, expect, it } from 'vitest'
import { SERVER_TRANSITIONS, type ServerInput } from '../../src/index.ts'
import { name, ping, rawFrame } from '../raw-frames.ts'
import { OPTIONS, type ServerDriver } from './connection-driver.ts'
import { fatal, greeting } from './frame-words.ts'
import { connectionIn, IN_FLIGHT, LIVE_STATES, type LiveState, UNASSIGNED } from './server-states.ts'

const GOODBYE = 'GOODBYE 5 SHUTTING_DOWN'

/** Where an input leaves the connection. */
interface Outcome {
  readonly state: string
  readonly closing: string
  /** The frames written since the connection was in its state. */
  readonly frames?: readonly string[]
  /** What was asked of the handler since then. */
  readonly asked?: readonly string[]
}

function outcome(state: LiveState, act: (driver: ServerDriver) => unknown): Outcome {
  const driver = connectionIn(state)
  const { length: framesBefore } = driver.frames
  const { length: askedBefore } = driver.asked
  act(driver)
  const { closing, state: reached } = driver.connection
  return { state: reached, closing, frames: driver.frames.slice(framesBefore), asked: driver.asked.slice(askedBefore) }
}

/** Runs the cells of one row; a cell that is left out leaves everything as it is. */
function row(
  input: ServerInput,
  act: (driver: ServerDriver) => unknown,
  cells: Partial<Record<LiveState, Outcome>>,
): void {
  describe(input, () => {
    it.each(LIVE_STATES)('in %s', (state) => {
      const unchanged = { state, closing: connectionIn(state).connection.closing }
      expect(outcome(state, act)).toStrictEqual({ frames: [], asked: [], ...unchanged, ...cells[state] })
    })

    it('changes nothing where the table has no action', () => {
      const withoutAction = LIVE_STATES.filter((state) => SERVER_TRANSITIONS[input][state] === undefined)
      expect(Object.keys(cells).filter((state) => (withoutAction as string[]).includes(state))).toStrictEqual([])
    })
  })
}

const CLOSED = { state: 'CLOSED', closing: 'close' }
const ABANDONED = { ...CLOSED, asked: ['abandon'] }
const RESET = { state: 'CLOSED', closing: 'reset' }
const LINGERING = { state: 'LINGERING', closing: 'half-close' }

describe('a ServerConnection', () => {
  row('FIN at a boundary', (driver) => driver.end(), {
    FRESH: CLOSED,
    OPEN: { state: 'ENDED', closing: 'no' },
    DRAINING: { state: 'ENDED', closing: 'no' },
    LINGERING: CLOSED,
  })

  row('FIN inside a frame', (driver) => driver.receive(name(9, 'Eve').subarray(0, 9)).end(), {
    FRESH: { ...CLOSED, frames: [fatal('PROTOCOL_VIOLATION')] },
    OPEN: { state: 'FAILING', closing: 'no' },
    DRAINING: { state: 'FAILING', closing: 'no' },
    LINGERING: CLOSED,
  })

  row('reset', (driver) => driver.reset(), {
    FRESH: CLOSED,
    OPEN: ABANDONED,
    DRAINING: ABANDONED,
    FAILING: ABANDONED,
    LINGERING: CLOSED,
    ENDED: ABANDONED,
  })

  row('an answer is ready', (driver) => driver.step((connection) => connection.reply(IN_FLIGHT, 'Hello 5')), {
    OPEN: { state: 'OPEN', closing: 'no', frames: [greeting(IN_FLIGHT)] },
    DRAINING: { ...LINGERING, frames: [greeting(IN_FLIGHT)] },
    FAILING: { ...LINGERING, frames: [greeting(IN_FLIGHT), fatal('UNKNOWN_TYPE')] },
    ENDED: { ...CLOSED, frames: [greeting(IN_FLIGHT)] },
  })

  row('shutdown', (driver) => driver.drain(), {
    FRESH: { ...LINGERING, frames: ['GOODBYE 0 SHUTTING_DOWN'] },
    OPEN: { state: 'DRAINING', closing: 'no', frames: [GOODBYE] },
  })

  row('stall timer, drain deadline', (driver) => driver.drain(1_000).passUntil(1_000), {
    FRESH: { ...RESET, frames: ['GOODBYE 0 SHUTTING_DOWN'] },
    OPEN: { ...RESET, frames: [GOODBYE], asked: ['abandon'] },
    DRAINING: { ...RESET, asked: ['abandon'] },
    FAILING: { ...RESET, asked: ['abandon'] },
    LINGERING: RESET,
    ENDED: { ...RESET, asked: ['abandon'] },
  })

  row('linger timer', (driver) => driver.passUntil(OPTIONS.lingerTimeoutMs), { LINGERING: CLOSED })

  describe('idle or age timer', () => {
    const age = { maxAgeMs: 50_000, drainTimeoutMs: 0, lingerTimeoutMs: 0 }

    it.each([
      { state: 'FRESH', frames: ['GOODBYE 0 MAX_AGE'], reached: 'LINGERING' },
      { state: 'OPEN', frames: ['GOODBYE 5 MAX_AGE'], reached: 'DRAINING' },
      { state: 'DRAINING', frames: [], reached: 'DRAINING' },
      { state: 'FAILING', frames: [], reached: 'FAILING' },
      { state: 'LINGERING', frames: [], reached: 'LINGERING' },
      { state: 'ENDED', frames: [], reached: 'ENDED' },
    ] as const)('age in $state', ({ state, frames, reached }) => {
      const driver = connectionIn(state, age)
      const before = driver.frames.length
      // The drain deadline of a shutdown comes first; only the age is of interest here.
      driver.step((connection) => connection.tick(50_000))
      expect(driver.frames.slice(before)).toStrictEqual(frames)
      expect(driver.connection.state).toBe(reached)
    })

    it.each([
      { state: 'FRESH', frames: ['GOODBYE 0 IDLE'], reached: 'LINGERING' },
      // A request is in flight.
      { state: 'OPEN', frames: [], reached: 'OPEN' },
      { state: 'FAILING', frames: [], reached: 'FAILING' },
      { state: 'LINGERING', frames: [], reached: 'LINGERING' },
      { state: 'ENDED', frames: [], reached: 'ENDED' },
    ] as const)('idle in $state', ({ state, frames, reached }) => {
      const driver = connectionIn(state, { idleTimeoutMs: 1_000, lingerTimeoutMs: 0 })
      const before = driver.frames.length
      driver.step((connection) => connection.tick(1_000))
      expect(driver.frames.slice(before)).toStrictEqual(frames)
      expect(driver.connection.state).toBe(reached)
    })
  })

  describe('frame timer', () => {
    it.each([
      { state: 'FRESH', reached: 'LINGERING', frames: [fatal('TIMEOUT')] },
      { state: 'OPEN', reached: 'FAILING', frames: [] },
      { state: 'DRAINING', reached: 'DRAINING', frames: [] },
      { state: 'FAILING', reached: 'FAILING', frames: [] },
      { state: 'LINGERING', reached: 'LINGERING', frames: [] },
      { state: 'ENDED', reached: 'ENDED', frames: [] },
    ] as const)('in $state', ({ state, reached, frames }) => {
      const driver = connectionIn(state, { frameTimeoutMs: 1_000 })
      const before = driver.frames.length
      if (state !== 'ENDED') driver.receive(name(9, 'Eve').subarray(0, 9))
      driver.passUntil(1_000)
      expect(driver.connection.state).toBe(reached)
      expect(driver.frames.slice(before)).toStrictEqual(frames)
    })
  })

  describe('nothing in flight, output written', () => {
    it.each([
      { state: 'DRAINING', reached: 'LINGERING', closing: 'half-close' },
      { state: 'FAILING', reached: 'LINGERING', closing: 'half-close' },
      { state: 'ENDED', reached: 'CLOSED', closing: 'close' },
    ] as const)('waits in $state for the output', ({ state, reached, closing }) => {
      const driver = connectionIn(state)
      const before = driver.output.length
      driver.kernelRoom = 0
      driver.greetAll(IN_FLIGHT)
      expect(driver.standing).toStrictEqual({ state, closing: 'no' })
      driver.kernelTakes(driver.output.length - before - 1)
      expect(driver.standing).toStrictEqual({ state, closing: 'no' })
      driver.kernelTakes(Infinity)
      expect(driver.standing).toStrictEqual({ state: reached, closing })
    })

    it('changes nothing in FRESH and OPEN', () => {
      expect(connectionIn('FRESH').receive(ping()).standing).toStrictEqual({ state: 'FRESH', closing: 'no' })
      expect(connectionIn('OPEN').greetAll(IN_FLIGHT).standing).toStrictEqual({ state: 'OPEN', closing: 'no' })
    })

    it('closes after a violation whose FIN came before the answers', () => {
      const driver = connectionIn('FAILING').end().greetAll(IN_FLIGHT)
      expect(driver.standing).toStrictEqual(CLOSED)
      expect(driver.frames.at(-1)).toBe(fatal('UNKNOWN_TYPE'))
    })
  })

  describe('CLOSED', () => {
    it.each(LIVE_STATES)('stays as it is after a reset in %s', (state) => {
      const driver = connectionIn(state).reset()
      const { seen } = driver
      driver.receive(ping(), rawFrame(0x8a, 1), UNASSIGNED).end().greetAll(IN_FLIGHT).drain(1).fail('INTERNAL').reset()
      driver.step((connection) => connection.tick(1e9))
      expect(driver.seen).toStrictEqual(seen)
      expect(driver.connection.deadline).toBe(Infinity)
    })

    it('stays closed in order when time passes after the last answer', () => {
      const driver = connectionIn('ENDED').drain(60_000).greetAll(IN_FLIGHT)
      expect(driver.standing).toStrictEqual(CLOSED)
      expect(driver.connection.deadline).toBe(Infinity)
      driver.step((connection) => connection.tick(60_000))
      expect(driver.connection.closing).toBe('close')
    })
  })
})
