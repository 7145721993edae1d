/**
 * The options of a server as one schema: types, defaults, validation, environment names and help text all come from here.
 *
 * The greeter is not among them, because a function fits no schema; see greeter.ts.
 */

import {
  DEFAULT_MAX_PAYLOAD,
  MAX_AGENT,
  MAX_PAYLOAD_CAP,
  MAX_UINT32,
  SERVER_LIMIT_DEFAULTS,
  UsageError,
} from '@greetwire/protocol'
import { type Static, type TSchema, Type } from '@sinclair/typebox'
import { Value, type ValueError } from '@sinclair/typebox/value'

const milliseconds = (defaultMs: number, description: string) =>
  Type.Integer({ minimum: 0, maximum: MAX_UINT32, default: defaultMs, description })
const count = (minimum: number, defaultCount: number, description: string) =>
  Type.Integer({ minimum, maximum: MAX_UINT32, default: defaultCount, description })
const port = (description: string) => Type.Integer({ minimum: 0, maximum: 65_535, description })

/** PEM texts for TLS. */
export const TLS_SCHEMA = Type.Object(
  {
    key: Type.String({ description: 'the private key, PEM' }),
    cert: Type.String({ description: 'the certificate chain, PEM' }),
    ca: Type.Optional(Type.String({ description: 'the authorities that clients are checked against, PEM' })),
    requestCert: Type.Optional(
      Type.Boolean({ description: 'whether clients must show a certificate of such an authority' }),
    ),
  },
  {
    additionalProperties: false,
    description: 'the key and certificates of TLS; without it there is no TLS',
  },
)

/** Every option of a server but its greeter. A time of 0 turns its timer off. */
export const SERVER_OPTIONS_SCHEMA = Type.Object(
  {
    host: Type.String({ minLength: 1, default: '127.0.0.1', description: 'the address to listen on' }),
    port: Type.Integer({ minimum: 0, maximum: 65_535, default: 4_356, description: 'the port; 0 picks a free one' }),
    unix: Type.Optional(
      Type.String({
        minLength: 1,
        description: 'a socket path to listen on, instead of host and port; the plain text port stays on the host',
      }),
    ),
    textPort: Type.Optional(port('the port of the plain text protocol; 0 picks a free one, none if absent')),
    threads: Type.Integer({
      minimum: 1,
      maximum: 1_024,
      description: 'how many threads greet; default: one for each core',
    }),
    threading: Type.Union([Type.Literal('auto'), Type.Literal('shard'), Type.Literal('pool')], {
      default: 'auto',
      description:
        'shard: each thread has its own connections; pool: one thread has all connections, the others only greet',
    }),
    maxName: Type.Integer({
      minimum: 1,
      maximum: MAX_PAYLOAD_CAP,
      default: SERVER_LIMIT_DEFAULTS.maxName,
      description: 'the longest name in bytes, at most maxPayload',
    }),
    maxPayload: Type.Integer({
      minimum: DEFAULT_MAX_PAYLOAD,
      maximum: MAX_PAYLOAD_CAP,
      default: SERVER_LIMIT_DEFAULTS.maxPayload,
      description: 'the longest payload accepted, in bytes',
    }),
    maxInFlight: count(1, SERVER_LIMIT_DEFAULTS.maxInFlight, 'how many requests of one connection may be in flight'),
    maxConnections: count(1, 10_000, 'how many connections are open at most; more get SERVER_FULL'),
    queueRequests: count(1, 65_536, 'how many requests wait for a thread at most; more get OVERLOADED'),
    queueBytes: count(
      1,
      67_108_864,
      'how many bytes the waiting requests may take, 200 and two for each character of the name; more get OVERLOADED',
    ),
    idleTimeoutMs: milliseconds(
      SERVER_LIMIT_DEFAULTS.idleTimeoutMs,
      'a connection that is quiet this long gets GOODBYE',
    ),
    frameTimeoutMs: milliseconds(10_000, 'a frame that is begun must be finished within this time'),
    stallTimeoutMs: milliseconds(30_000, 'a client that reads nothing this long while output waits is reset'),
    lingerTimeoutMs: milliseconds(2_000, 'how long the server reads on after its FIN'),
    drainTimeoutMs: milliseconds(10_000, 'how long requests in flight may take after a GOODBYE'),
    greeterTimeoutMs: milliseconds(
      30_000,
      'how long a greeter may take; at 0 one that blocks its thread has the time of the heartbeat',
    ),
    handshakeTimeoutMs: milliseconds(10_000, 'how long a TLS handshake may take'),
    heartbeatTimeoutMs: milliseconds(5_000, 'a thread that shows no life this long is replaced'),
    maxAgeMs: milliseconds(0, 'a connection this old gets GOODBYE, with ten percent of jitter'),
    agent: Type.String({
      maxLength: MAX_AGENT,
      default: 'greetwire',
      description: 'how the server calls itself in WELCOME',
    }),
    tls: Type.Optional(TLS_SCHEMA),
  },
  { additionalProperties: false },
)

/** The options of a running server, every default filled in. */
export type ServerOptions = Static<typeof SERVER_OPTIONS_SCHEMA>

/** Fills in defaults and checks every option; throws UsageError that names the option, its value and what is allowed. */
export function resolveServerOptions(given: Partial<ServerOptions>, cores: number): ServerOptions {
  const present = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
  const options = Value.Default(SERVER_OPTIONS_SCHEMA, { threads: cores, ...present })
  const problem = Value.Errors(SERVER_OPTIONS_SCHEMA, options).First()
  if (problem) throw refusal(problem)
  const resolved = options as ServerOptions
  checkTogether(resolved)
  return resolved
}

/** What no schema of a single option can say. */
function checkTogether({ maxName, maxPayload, agent, unix, port: framedPort, textPort, tls }: ServerOptions): void {
  if (maxName > maxPayload) {
    throw new UsageError(`Cannot start the server: maxName is ${maxName}, above maxPayload ${maxPayload}`)
  }
  if (/\p{Cc}|\p{Surrogate}/u.test(agent)) {
    throw new UsageError('Cannot start the server: agent holds a control character or a lone surrogate')
  }
  const agentBytes = encodeURIComponent(agent).replaceAll(/%../g, '.').length
  if (agentBytes > MAX_AGENT) {
    throw new UsageError(`Cannot start the server: agent is ${agentBytes} bytes, limit is ${MAX_AGENT}`)
  }
  if (tls?.requestCert && tls.ca === undefined) {
    throw new UsageError(
      'Cannot start the server: tls.requestCert needs tls.ca, the authority that signs the certificates of clients',
    )
  }
  if (unix === undefined && textPort !== undefined && textPort !== 0 && textPort === framedPort) {
    throw new UsageError(`Cannot start the server: port and textPort are both ${textPort}, each needs its own`)
  }
}

function refusal({ path, value, message, schema }: ValueError): UsageError {
  const option = path.slice(1).replaceAll('/', '.')
  if (message === 'Unexpected property') {
    return new UsageError(`Cannot start the server: there is no option "${option}"`)
  }
  const shown = typeof value === 'string' ? JSON.stringify(value.slice(0, MAX_QUOTED)) : String(value)
  return new UsageError(`Cannot start the server: ${option} is ${shown}, allowed is ${allowed(schema)}`)
}

function allowed(schema: TSchema): string {
  const { type, minimum, maximum, maxLength = Infinity } = schema as Record<string, number | undefined>
  if (schema['anyOf'])
    return (schema['anyOf'] as { const: string }[]).map((each) => JSON.stringify(each.const)).join(', ')
  if (schema.type === 'integer') return `an integer from ${minimum} to ${maximum}`
  if (schema.type === 'string')
    return `a text of 1 ${maxLength === Infinity ? 'or more' : `to ${maxLength}`} characters`
  return schema.type === 'boolean' ? 'true or false' : `an ${type}`
}

const MAX_QUOTED = 40

/** The environment variable that sets an option: GREETWIRE_IDLE_TIMEOUT_MS for idleTimeoutMs. */
export function environmentName(option: string): string {
  return `GREETWIRE_${option.replaceAll(/[A-Z]/g, (capital) => `_${capital}`).toUpperCase()}`
}
