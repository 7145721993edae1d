/**
 * The rules of a server's connection as data: state × input → action (SPEC "Life cycle"; a test compares the two tables).
 *
 * Nothing here knows bytes, clocks or requests. An action that is `undefined` cannot happen in that state, or changes nothing. What a
 * client sends is looked up here; the rows of timers and resets are acted on by JudgingConnection, and a test holds it to them.
 */

/**
 * - `FRESH`: neither a HELLO nor a NAME was taken.
 * - `OPEN`: requests are taken.
 * - `DRAINING`: a GOODBYE was written; requests in flight are answered, new ones are discarded.
 * - `FAILING`: a violation was seen; answers are due before the ERROR with id 0.
 * - `LINGERING`: our FIN is sent; what the peer still sends is read and thrown away.
 * - `ENDED`: the peer's FIN took effect; answers are due.
 * - `CLOSED`: nothing more happens.
 */
export type ServerState = 'FRESH' | 'OPEN' | 'DRAINING' | 'FAILING' | 'LINGERING' | 'ENDED' | 'CLOSED'

/** What can happen to a connection, in the order in which the specification lists it. */
export type ServerInput =
  | 'length over the limit'
  | 'unassigned type below 0x80'
  | 'unknown type from 0x80'
  | "a server's frame"
  | 'HELLO, malformed'
  | 'HELLO, a version in common'
  | 'HELLO, none in common'
  | 'PING'
  | 'PING or CANCEL with a payload'
  | 'NAME, id 0 or ≤ last'
  | 'NAME, id > last'
  | 'CANCEL, 0 or > last'
  | 'CANCEL, in flight'
  | 'CANCEL, other id ≤ last'
  | 'FIN at a boundary'
  | 'FIN inside a frame'
  | 'reset'
  | 'an answer is ready'
  | 'nothing in flight, output written'
  | 'idle or age timer'
  | 'frame timer'
  | 'stall timer, drain deadline'
  | 'shutdown'
  | 'linger timer'

/** What a server does; the violations carry the name of their fatal error. */
export type ServerAction =
  | 'PAYLOAD_TOO_LARGE'
  | 'UNKNOWN_TYPE'
  | 'PROTOCOL_VIOLATION'
  | 'UNSUPPORTED_VERSION'
  | 'TIMEOUT'
  | 'discard'
  | 'skip'
  | 'welcome'
  | 'pong'
  | 'take'
  | 'cancel'
  | 'ignore'
  | 'end'
  | 'remember'
  | 'abandon'
  | 'write'
  | 'half-close'
  | 'fail'
  | 'close'
  | 'goodbye'
  | 'reset'

type Row = { readonly [State in Exclude<ServerState, 'CLOSED'>]?: ServerAction }

const everywhereReading = (action: ServerAction): Row => ({
  FRESH: action,
  OPEN: action,
  DRAINING: action,
  FAILING: 'discard',
  LINGERING: 'discard',
})

/** The table. */
export const SERVER_TRANSITIONS: { readonly [Input in ServerInput]: Row } = {
  'length over the limit': everywhereReading('PAYLOAD_TOO_LARGE'),
  'unassigned type below 0x80': everywhereReading('UNKNOWN_TYPE'),
  'unknown type from 0x80': everywhereReading('skip'),
  "a server's frame": everywhereReading('PROTOCOL_VIOLATION'),
  'HELLO, malformed': { ...everywhereReading('PROTOCOL_VIOLATION'), DRAINING: 'discard' },
  'HELLO, a version in common': { ...everywhereReading('PROTOCOL_VIOLATION'), FRESH: 'welcome', DRAINING: 'discard' },
  'HELLO, none in common': {
    ...everywhereReading('PROTOCOL_VIOLATION'),
    FRESH: 'UNSUPPORTED_VERSION',
    DRAINING: 'discard',
  },
  PING: everywhereReading('pong'),
  'PING or CANCEL with a payload': everywhereReading('PROTOCOL_VIOLATION'),
  'NAME, id 0 or ≤ last': everywhereReading('PROTOCOL_VIOLATION'),
  'NAME, id > last': { ...everywhereReading('take'), DRAINING: 'discard' },
  'CANCEL, 0 or > last': everywhereReading('PROTOCOL_VIOLATION'),
  'CANCEL, in flight': { OPEN: 'cancel', DRAINING: 'cancel', FAILING: 'discard', LINGERING: 'discard' },
  'CANCEL, other id ≤ last': { OPEN: 'ignore', DRAINING: 'ignore', FAILING: 'discard', LINGERING: 'discard' },
  'FIN at a boundary': { FRESH: 'end', OPEN: 'end', DRAINING: 'end', FAILING: 'remember', LINGERING: 'close' },
  'FIN inside a frame': { ...everywhereReading('PROTOCOL_VIOLATION'), FAILING: 'remember', LINGERING: 'close' },
  reset: {
    FRESH: 'close',
    OPEN: 'abandon',
    DRAINING: 'abandon',
    FAILING: 'abandon',
    LINGERING: 'close',
    ENDED: 'abandon',
  },
  'an answer is ready': { OPEN: 'write', DRAINING: 'write', FAILING: 'write', ENDED: 'write' },
  'nothing in flight, output written': { DRAINING: 'half-close', FAILING: 'fail', ENDED: 'close' },
  'idle or age timer': { FRESH: 'goodbye', OPEN: 'goodbye' },
  'frame timer': { FRESH: 'TIMEOUT', OPEN: 'TIMEOUT' },
  'stall timer, drain deadline': {
    FRESH: 'reset',
    OPEN: 'reset',
    DRAINING: 'reset',
    FAILING: 'reset',
    LINGERING: 'reset',
    ENDED: 'reset',
  },
  shutdown: { FRESH: 'goodbye', OPEN: 'goodbye' },
  'linger timer': { LINGERING: 'close' },
}
