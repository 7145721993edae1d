import { describe, expect, it } from 'vitest'
import { SERVER_TRANSITIONS, type ServerAction, type ServerState } from '../../src/index.ts'
import { specTable } from '../spec-document.ts'

/** What the words in a cell of the specification's table are in the code. */
const ACTIONS: Record<string, ServerAction | undefined> = {
  '–': undefined,
  off: undefined,
  PV: 'PROTOCOL_VIOLATION',
  UT: 'UNKNOWN_TYPE',
  PTL: 'PAYLOAD_TOO_LARGE',
  UV: 'UNSUPPORTED_VERSION',
  TIMEOUT: 'TIMEOUT',
  discard: 'discard',
  'discard, last = id': 'discard',
  skip: 'skip',
  'WELCOME → OPEN': 'welcome',
  PONG: 'pong',
  'take → OPEN': 'take',
  'take, or stop in front of it': 'take',
  cancel: 'cancel',
  ignore: 'ignore',
  ENDED: 'end',
  remember: 'remember',
  CLOSED: 'close',
  abandon: 'abandon',
  'abandon → CLOSED': 'abandon',
  write: 'write',
  'FIN → LINGERING': 'half-close',
  'ERROR id 0, FIN → LINGERING (CLOSED if FIN seen)': 'fail',
  'GOODBYE → DRAINING': 'goodbye',
  'GOODBYE(0) → DRAINING': 'goodbye',
  reset: 'reset',
}

/** The cell that is two actions in the code: an end waits for its output, which may be none, and then closes. */
const FIN_TO_CLOSED: Record<string, ServerAction> = {
  'FIN at a boundary': 'end',
  'nothing in flight, output written': 'close',
}

const STATES = ['FRESH', 'OPEN', 'DRAINING', 'FAILING', 'LINGERING', 'ENDED'] as const satisfies ServerState[]

function actionOf(input: string, cell: string): ServerAction | undefined {
  if (cell === 'FIN → CLOSED') return FIN_TO_CLOSED[input]
  if (!(cell in ACTIONS)) throw new Error(`The cell "${cell}" of "${input}" has no action`)
  return ACTIONS[cell]
}

describe('SERVER_TRANSITIONS', () => {
  const table = specTable('server')
  const transitions: Record<string, Partial<Record<ServerState, ServerAction>>> = SERVER_TRANSITIONS

  it('has the rows of the specification in their order', () => {
    expect(Object.keys(transitions)).toStrictEqual(table.map(({ input }) => input))
  })

  it('has the states of the specification', () => {
    for (const row of table) expect(Object.keys(row)).toStrictEqual(['input', ...STATES])
    for (const row of Object.values(transitions)) for (const state of Object.keys(row)) expect(STATES).toContain(state)
  })

  it.each(table)('does what the specification says on: $input', (row) => {
    const input = row['input'] as string
    const specified = Object.fromEntries(STATES.map((state) => [state, actionOf(input, row[state] as string)]))
    const ours = Object.fromEntries(STATES.map((state) => [state, transitions[input]?.[state]]))
    expect(ours).toStrictEqual(specified)
  })
})
