/**
 * The rules of a client's connection as data: state × input → action (SPEC "Life cycle"; a test walks the table row by row).
 *
 * Nothing here knows bytes or requests. An action that is `undefined` cannot happen in that state.
 */

/**
 * - `OPENING`: a HELLO was sent and its WELCOME is due. Requests may be sent.
 * - `OPEN`: the limits of the server are known, or no HELLO was sent.
 * - `DRAINING`: a GOODBYE was received; what is in flight is still answered, no new NAME is sent.
 * - `FAILED`: an ERROR with id 0 was received; only the server's FIN is due.
 * - `CLOSED`: nothing more happens.
 */
export type ClientState = 'OPENING' | 'OPEN' | 'DRAINING' | 'FAILED' | 'CLOSED'

/** What can reach a client. In flight is an id without a terminal frame, cancelled ones included; `last` is the last id sent. */
export type ClientInput =
  | 'length over the limit'
  | "a client's frame"
  | 'unassigned type below 0x80'
  | 'unknown type from 0x80'
  | 'WELCOME'
  | 'WELCOME, malformed'
  | 'GREETING, in flight'
  | 'GREETING, any other id'
  | 'GREETING, ill-formed'
  | 'ERROR, in flight'
  | 'ERROR, any other id'
  | 'ERROR, id 0'
  | 'ERROR, malformed'
  | "PONG, the oldest PING's id"
  | 'PONG, any other'
  | 'GOODBYE, id ≤ last'
  | 'GOODBYE, id > last'
  | 'GOODBYE, malformed'
  | 'FIN'
  | 'reset'

/** A violation by the server, by the rule it breaks; it closes the connection (SPEC "Violations by the server"). */
export type ServerViolationCode = 'PAYLOAD_TOO_LARGE' | 'UNKNOWN_TYPE' | 'PROTOCOL_VIOLATION'

/** What a client does. */
export type ClientAction =
  | ServerViolationCode
  | 'skip'
  | 'welcome'
  | 'greeting'
  | 'error'
  | 'fail'
  | 'pong'
  | 'goodbye'
  | 'end'

type Row = { readonly [State in Exclude<ClientState, 'CLOSED'>]: ClientAction }

const everywhere = (action: ClientAction): Row => ({ OPENING: action, OPEN: action, DRAINING: action, FAILED: action })
const untilFailed = (action: ClientAction): Row => ({ ...everywhere(action), FAILED: 'PROTOCOL_VIOLATION' })

/** The table. */
export const CLIENT_TRANSITIONS: { readonly [Input in ClientInput]: Row } = {
  'length over the limit': everywhere('PAYLOAD_TOO_LARGE'),
  "a client's frame": everywhere('PROTOCOL_VIOLATION'),
  'unassigned type below 0x80': everywhere('UNKNOWN_TYPE'),
  'unknown type from 0x80': everywhere('skip'),
  WELCOME: { ...everywhere('PROTOCOL_VIOLATION'), OPENING: 'welcome' },
  'WELCOME, malformed': everywhere('PROTOCOL_VIOLATION'),
  'GREETING, in flight': untilFailed('greeting'),
  'GREETING, any other id': everywhere('PROTOCOL_VIOLATION'),
  'GREETING, ill-formed': everywhere('PROTOCOL_VIOLATION'),
  'ERROR, in flight': untilFailed('error'),
  'ERROR, any other id': everywhere('PROTOCOL_VIOLATION'),
  'ERROR, id 0': untilFailed('fail'),
  'ERROR, malformed': everywhere('PROTOCOL_VIOLATION'),
  "PONG, the oldest PING's id": untilFailed('pong'),
  'PONG, any other': everywhere('PROTOCOL_VIOLATION'),
  'GOODBYE, id ≤ last': { ...untilFailed('goodbye'), DRAINING: 'PROTOCOL_VIOLATION' },
  'GOODBYE, id > last': everywhere('PROTOCOL_VIOLATION'),
  'GOODBYE, malformed': everywhere('PROTOCOL_VIOLATION'),
  FIN: everywhere('end'),
  reset: everywhere('end'),
}
