/** The options that every command with a client has, and how they become a connected client. */

import { readFile } from 'node:fs/promises'
import {
  type Client,
  CLIENT_OPTIONS_SCHEMA,
  connect,
  type ConnectOptions,
  parseTarget,
  type Target,
  type TlsOptions,
  type TraceEvent,
} from '@greetwire/client'
import { environmentName } from '@greetwire/server-core'
import { type Static, Type } from '@sinclair/typebox'
import { CommandError } from './exit-codes.ts'
import type { Io } from './io.ts'
import { flagOf } from './option-schema.ts'
import { painter } from './painter.ts'
import { quotedText } from './printable-text.ts'
import { SocketLog } from './socket-log.ts'

const { timeoutMs, connectTimeoutMs } = CLIENT_OPTIONS_SCHEMA.properties
const file = (description: string) => Type.Optional(Type.String({ minLength: 1, placeholder: 'FILE', description }))

/** The options, to be spread into the schema of a command. */
export const CLIENT_TARGET_OPTIONS = {
  server: Type.String({
    default: 'tcp://127.0.0.1:4356',
    minLength: 1,
    short: 's',
    placeholder: 'URL',
    description: 'where the server is: tcp://host:port, host:port, tls://host:port or unix:///path',
  }),
  timeoutMs,
  connectTimeoutMs,
  tlsCa: file('the authorities to trust, PEM; default: those of the runtime'),
  tlsCert: file('our certificate chain for a server that asks for one, PEM; with --tls-key'),
  tlsKey: file('the private key of --tls-cert, PEM'),
  tlsServerName: Type.Optional(
    Type.String({
      minLength: 1,
      placeholder: 'NAME',
      description: 'the name the certificate must have; default: the host',
    }),
  ),
  tlsInsecure: Type.Boolean({ default: false, description: 'accept any certificate; for tests only' }),
}

const CLIENT_TARGET_SCHEMA = Type.Object(CLIENT_TARGET_OPTIONS)

type ClientTargetOptions = Static<typeof CLIENT_TARGET_SCHEMA>
type TlsCommandOptions = Pick<ClientTargetOptions, Extract<keyof ClientTargetOptions, `tls${string}`>>

/** Connects as the options say; `verbose` is how often `-v` was given. */
export async function connectClient(
  options: ClientTargetOptions & { readonly verbose: number },
  more: Pick<ConnectOptions, 'maxInFlight' | 'retries' | 'signal'>,
  io: Io,
): Promise<Client> {
  return connect(options.server, {
    ...more,
    timeoutMs: options.timeoutMs,
    connectTimeoutMs: options.connectTimeoutMs,
    agent: 'greet',
    tls: await clientTls(options, parseTarget(options.server)),
    ...(options.verbose > 0 && { trace: clientTrace(options.verbose, io) }),
  })
}

/** What the options say of TLS, with its files read. Throws CommandError for those that `target` cannot keep. */
export async function clientTls(options: TlsCommandOptions, target: Target): Promise<TlsOptions> {
  if (target.kind !== 'tls') refuseTls(options, target)
  const { tlsCa: ca, tlsCert: cert, tlsKey: key, tlsServerName: serverName, tlsInsecure } = options
  return {
    ...(await pemTexts({ ca, cert, key })),
    ...(serverName !== undefined && { serverName }),
    rejectUnauthorized: !tlsInsecure,
  }
}

/** Who gives one of these counts on TLS, and would speak without it. */
function refuseTls({ tlsCa, tlsCert, tlsKey, tlsServerName }: TlsCommandOptions, target: Target): void {
  for (const [name, value] of Object.entries({ tlsCa, tlsCert, tlsKey, tlsServerName })) {
    if (value === undefined) continue
    const flag = `--${flagOf(name)}`
    throw new CommandError(
      'usage',
      `Cannot use ${flag}: ${target.text} has no TLS; name the server as tls://host:port, or leave ${flag} ` +
        `(${environmentName(name)}) out`,
    )
  }
}

async function pemTexts(files: Record<string, string | undefined>): Promise<Record<string, string>> {
  const texts: Record<string, string> = {}
  for (const [option, path] of Object.entries(files)) {
    if (path === undefined) continue
    texts[option] = await readFile(path, 'utf8').catch((error: unknown) => {
      const why = (error as Error).message
      throw new CommandError('usage', `Cannot read --tls-${option} ${quotedText(path)}: ${why}`, { cause: error })
    })
  }
  return texts
}

function clientTrace(verbose: number, { stderr, environment }: Io): (event: TraceEvent) => void {
  const log = new SocketLog(stderr, {
    frames: verbose > 1,
    side: 'client',
    emphasize: painter(stderr, environment).red,
  })
  return (event) => {
    // The first connection is nearly always the only one.
    const socket = event.connection === 1 ? '' : `connection ${event.connection}`
    const bytes = 'bytes' in event ? event.bytes : undefined
    log.add({
      stage: STAGES[event.stage] ?? event.stage,
      socket,
      text: stageText(event),
      bytes,
      protocol: 'framed',
    })
  }
}

/** The stages of the client that the log calls otherwise. */
const STAGES: { readonly [Stage in TraceEvent['stage']]?: string } = { 'half-close': 'send', fin: 'receive' }

function stageText(event: TraceEvent): string {
  switch (event.stage) {
    case 'socket':
      return `a socket for ${event.target}, by ${event.runtime}`
    case 'connect':
      return `from ${event.local} to ${event.remote} in ${event.elapsedMs.toFixed(2)} ms`
    case 'half-close':
      return 'our FIN'
    case 'fin':
      return 'FIN of the server'
    case 'close':
      return event.reason
    default:
      return `${event.bytes.length} bytes`
  }
}
