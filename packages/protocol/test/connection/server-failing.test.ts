/** What a server says of itself: INTERNAL and SERVER_FULL in every state. */

import { describe, expect, it } from 'vitest'
import { cancel, concat, name, ping } from '../raw-frames.ts'
import { ServerDriver } from './connection-driver.ts'
import { fatal } from './frame-words.ts'
import { connectionIn, IN_FLIGHT, LIVE_STATES } from './server-states.ts'

const LINGERING = { state: 'LINGERING', closing: 'half-close' }
const CLOSED = { state: 'CLOSED', closing: 'close' }

describe.each(['INTERNAL', 'SERVER_FULL'] as const)('%s', (code) => {
  it.each([
    { state: 'FRESH', frames: [fatal(code, 9)], asked: [], standing: LINGERING },
    { state: 'OPEN', frames: [fatal(code, 9)], asked: ['abandon'], standing: LINGERING },
    { state: 'DRAINING', frames: [fatal(code, 9)], asked: ['abandon'], standing: LINGERING },
    { state: 'FAILING', frames: [fatal(code, 9)], asked: ['abandon'], standing: LINGERING },
    { state: 'LINGERING', frames: [], asked: [], standing: LINGERING },
    { state: 'ENDED', frames: [fatal(code, 9)], asked: ['abandon'], standing: CLOSED },
  ] as const)('in $state', ({ state, frames, asked, standing }) => {
    const driver = connectionIn(state)
    const { length: written } = driver.frames
    const { length: askedBefore } = driver.asked
    driver.fail(code, 9)
    expect(driver.frames.slice(written)).toStrictEqual(frames)
    expect(driver.asked.slice(askedBefore)).toStrictEqual(asked)
    expect(driver.standing).toStrictEqual(standing)
    // Nothing is written, judged or asked any more.
    driver.greetAll(IN_FLIGHT).receive(concat(ping(1), cancel(IN_FLIGHT), name(9, 'Eve')))
    driver.fail(code, 9).drain()
    expect(driver.frames.slice(written)).toStrictEqual(frames)
    expect(driver.asked.slice(askedBefore)).toStrictEqual(asked)
    expect(driver.end().standing).toStrictEqual(CLOSED)
  })

  it('in FAILING changes nothing once the ERROR is written', () => {
    const driver = connectionIn('FAILING')
    const { length: written } = driver.frames
    driver.kernelRoom = 0
    driver.greetAll(IN_FLIGHT).fail(code).kernelTakes(Infinity)
    expect(driver.frames.slice(written)).toStrictEqual(['GREETING 5 "Hello 5"', fatal('UNKNOWN_TYPE')])
  })

  it.each(LIVE_STATES)('after a reset in %s does nothing', (state) => {
    const driver = connectionIn(state).reset()
    const { seen } = driver
    expect(driver.fail(code).seen).toStrictEqual(seen)
  })

  it('ends a connection that is stopped in front of a NAME', () => {
    const driver = new ServerDriver({ maxInFlight: 1 }).receive(name(1, 'Ada'), name(2, 'Bob')).end().fail(code)
    expect(driver.frames).toStrictEqual([fatal(code)])
    expect(driver.asked).toStrictEqual(['greet 1 Ada', 'abandon'])
    expect(driver.standing).toStrictEqual(CLOSED)
  })

  it('comes behind output that waits, and the FIN behind it', () => {
    const driver = new ServerDriver()
    driver.kernelRoom = 0
    driver.receive(ping(1)).fail(code)
    expect(driver.standing).toStrictEqual({ state: 'FAILING', closing: 'no' })
    expect(driver.end().standing).toStrictEqual({ state: 'FAILING', closing: 'no' })
    expect(driver.kernelTakes(Infinity).standing).toStrictEqual(CLOSED)
    expect(driver.frames).toStrictEqual(['PONG 1', fatal(code)])
  })
})
