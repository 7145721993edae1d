/** The options of a client as one schema: types, defaults, validation and help text all come from here. */

import { DEFAULT_MAX_PAYLOAD, MAX_AGENT, MAX_PAYLOAD_CAP, MAX_UINT32, UsageError } from '@greetwire/protocol'
import {
  type Static,
  type TBoolean,
  type TInteger,
  type TObject,
  type TOptional,
  type TString,
  Type,
} from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'

const milliseconds = (defaultMs: number, description: string): TInteger =>
  Type.Integer({ minimum: 0, maximum: 2_147_483_647, default: defaultMs, description })
const count = (minimum: number, defaultCount: number, description: string): TInteger =>
  Type.Integer({ minimum, maximum: MAX_UINT32, default: defaultCount, description })

/** How a client checks the server's certificate and shows its own; texts are PEM. */
export const TLS_OPTIONS_SCHEMA: TObject<{
  ca: TOptional<TString>
  cert: TOptional<TString>
  key: TOptional<TString>
  serverName: TOptional<TString>
  rejectUnauthorized: TBoolean
}> = Type.Object(
  {
    ca: Type.Optional(Type.String({ description: 'the authorities to trust, PEM; default: those of the runtime' })),
    cert: Type.Optional(Type.String({ description: 'our certificate chain for a server that asks for one, PEM' })),
    key: Type.Optional(Type.String({ description: 'the private key of cert, PEM' })),
    serverName: Type.Optional(Type.String({ description: 'the name to ask for and to check; default: the host' })),
    rejectUnauthorized: Type.Boolean({ default: true, description: 'whether an untrusted certificate is refused' }),
  },
  { additionalProperties: false },
)

/** Every option of a client that is plain data. A time of 0 means no limit. */
export const CLIENT_OPTIONS_SCHEMA: TObject<{
  timeoutMs: TInteger
  connectTimeoutMs: TInteger
  closeTimeoutMs: TInteger
  maxInFlight: TInteger
  maxQueued: TInteger
  reconnect: TBoolean
  retries: TInteger
  backoffMinMs: TInteger
  backoffMaxMs: TInteger
  hello: TBoolean
  agent: TString
  maxPayload: TInteger
  firstId: TInteger
  tls: typeof TLS_OPTIONS_SCHEMA
}> = Type.Object(
  {
    timeoutMs: milliseconds(30_000, 'how long a request may take, retries and waiting for a connection included'),
    connectTimeoutMs: milliseconds(10_000, 'how long connecting may take, from the socket to the WELCOME'),
    closeTimeoutMs: milliseconds(5_000, 'how long close waits for answers and for the FIN of the server'),
    maxInFlight: count(1, 1_024, 'how many requests are in flight on a connection, on top of the limit of the server'),
    maxQueued: count(1, 65_536, 'how many requests wait to be sent, or sent again; more are refused with QUEUE_FULL'),
    reconnect: Type.Boolean({
      default: true,
      description: 'whether a new connection replaces one that ended, when there is work for it',
    }),
    retries: count(0, 5, 'how often a request is sent again, and how many connections in a row may fail, at most'),
    backoffMinMs: milliseconds(100, 'the distance of the first retry, doubled for each further one, with jitter'),
    backoffMaxMs: milliseconds(5_000, 'the longest distance between retries'),
    hello: Type.Boolean({ default: true, description: 'whether a HELLO asks for the limits of the server' }),
    agent: Type.String({
      maxLength: MAX_AGENT,
      default: 'greetwire-client',
      description: 'the agent text of the HELLO',
    }),
    maxPayload: Type.Integer({
      minimum: DEFAULT_MAX_PAYLOAD,
      maximum: MAX_PAYLOAD_CAP,
      default: MAX_PAYLOAD_CAP,
      description: 'the longest greeting accepted, in bytes; without a HELLO always 4096',
    }),
    firstId: count(1, 1, 'the id of the first request on each connection'),
    tls: TLS_OPTIONS_SCHEMA,
  },
  { additionalProperties: false },
)

/** The options of a client, every default filled in. */
export type ClientOptions = Static<typeof CLIENT_OPTIONS_SCHEMA>

/** TLS options, every default filled in. */
export type TlsOptions = Static<typeof TLS_OPTIONS_SCHEMA>

/** The options as a caller gives them. */
export type GivenClientOptions = Partial<Omit<ClientOptions, 'tls'>> & {
  readonly tls?: Partial<TlsOptions> | undefined
}

/** Fills in defaults and checks every option; throws UsageError that names the option, its value and what is allowed. */
export function resolveClientOptions(given: GivenClientOptions): ClientOptions {
  const options = Value.Default(CLIENT_OPTIONS_SCHEMA, {
    ...withoutUndefined(given),
    tls: withoutUndefined(given.tls ?? {}),
  })
  const problem = Value.Errors(CLIENT_OPTIONS_SCHEMA, options).First()
  if (problem) {
    const option = problem.path.slice(1).replaceAll('/', '.')
    const unknown = problem.message === 'Unexpected property'
    const why = unknown
      ? 'there is no such option'
      : `it is ${JSON.stringify(problem.value)}, ${problem.message.toLowerCase()}`
    throw new UsageError(`Cannot use option "${option}": ${why}`)
  }
  return options as ClientOptions
}

function withoutUndefined(given: object): object {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
}
