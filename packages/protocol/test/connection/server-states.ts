/** Brings a ServerConnection into each of its states. Where there was a NAME, 3 is answered, 5 is in flight, and `last` is 5. */

import type { ServerState } from '../../src/index.ts'
import { name, rawFrame } from '../raw-frames.ts'
import { type OptionsChange, ServerDriver } from './connection-driver.ts'

export const LIVE_STATES = ['FRESH', 'OPEN', 'DRAINING', 'FAILING', 'LINGERING', 'ENDED'] as const
export type LiveState = (typeof LIVE_STATES)[number]

export const IN_FLIGHT = 5
export const ANSWERED = 3

function open(options: OptionsChange): ServerDriver {
  return new ServerDriver(options).receive(name(ANSWERED, 'Ada')).greetAll(ANSWERED).receive(name(IN_FLIGHT, 'Bob'))
}

/** An unassigned type: the first thing that comes to mind to make a connection fail. */
export const UNASSIGNED = rawFrame(0x0a, 0)

const ways: Record<LiveState, (options: OptionsChange) => ServerDriver> = {
  FRESH: (options) => new ServerDriver(options),
  OPEN: open,
  DRAINING: (options) => open(options).drain(),
  FAILING: (options) => open(options).receive(UNASSIGNED),
  LINGERING: (options) => open(options).drain().greetAll(IN_FLIGHT),
  ENDED: (options) => open(options).end(),
}

/** A connection in `state`. */
export function connectionIn(state: LiveState, options: OptionsChange = {}): ServerDriver {
  const driver = ways[state](options)
  const reached: ServerState = driver.connection.state
  if (reached !== state) throw new Error(`The connection is ${reached} instead of ${state}`)
  return driver
}
