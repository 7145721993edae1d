/** The reference server: listens, counts, drains. One thread, one greeter, every rule of the specification. */
import { openSync, readFileSync } from 'node:fs'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { Reason } from '../../src/wire/frame.ts'
import { withoutCloseNotify } from '../../src/wire/tls-relay.ts'
import type { ServerOptions } from '../../src/target/server-target.ts'
import type { Has } from './bugs.ts'
import { ReferenceConnection } from './connection.ts'
import { conformanceGreeter, defaultGreeter } from './greeter.ts'
import { Threads } from './threads.ts'
import { bareFin, faultyFront } from './tls-faults.ts'
import { Turns } from './turns.ts'
import { TextConnection } from './text-connection.ts'

export type ReferenceOptions = Required<Pick<ServerOptions, (typeof known)[number]>>

export interface ReferenceServer {
  readonly port: number
  readonly textPort?: number
  /** Drains: settles when every connection is gone. */
  drain(): Promise<void>
  /** Ends everything at once. */
  close(): void
}

export const referenceFeatures: readonly string[] = [
  'text',
  'tls',
  'conformance-greeter',
  'execution-log',
  'pool',
  'threads',
]

const known = [
  'maxName',
  'maxPayload',
  'maxInFlight',
  'idleTimeoutMs',
  'frameTimeoutMs',
  'stallTimeoutMs',
  'lingerTimeoutMs',
  'drainTimeoutMs',
  'greeterTimeoutMs',
  'maxAgeMs',
  'maxConnections',
] as const

const alsoKnown = ['queueRequests', 'threads', 'greeter', 'executionLog', 'text', 'tls']

/** Names the first option that the reference server lacks. */
export function unknownOption(options: object): string | undefined {
  return Object.keys(options).find((key) => !alsoKnown.includes(key) && !(known as readonly string[]).includes(key))
}

export async function startReference(asked: ServerOptions, has: Has): Promise<ReferenceServer> {
  const options: ReferenceOptions = { ...defaultsFor(has), ...asked }
  const greeter = asked.greeter === 'conformance' ? conformanceGreeter(asked.executionLog) : defaultGreeter
  const threads = new Threads(greeter, has, {
    ...asked,
    ...(has('overload-early') && asked.queueRequests ? { queueRequests: 1 } : {}),
  })
  const connections = new Set<ReferenceConnection>()
  const shared = {
    threads,
    turns: new Turns(),
    newest: () => [...connections].at(-1),
  }
  const sockets = new Set<Socket>()
  const accept = (socket: Socket): void => {
    if (has('descriptor-leak')) openSync('/dev/null', 'r')
    socket.setNoDelay(true)
    const full = connections.size >= options.maxConnections && !has('no-connection-limit')
    const connection = new ReferenceConnection(socket, options, has, shared)
    connections.add(connection)
    sockets.add(socket)
    socket.on('close', () => {
      connections.delete(connection)
      sockets.delete(socket)
      if (connections.size === 0) emptied?.()
    })
    if (full) connection.refuse()
  }
  let emptied: (() => void) | undefined
  const texts = new Set<TextConnection>()
  const acceptText = (socket: Socket): void => {
    const connection = new TextConnection(socket, options, has, threads)
    texts.add(connection)
    sockets.add(socket)
    socket.on('close', () => {
      texts.delete(connection)
      sockets.delete(socket)
    })
  }
  const server = asked.tls
    ? tlsServer(asked.tls, has, accept, () => {
        for (const socket of sockets) socket.destroy()
      })
    : createServer({ allowHalfOpen: true }, accept)
  await listen(server)
  const { port } = server.address() as AddressInfo
  const front =
    asked.tls &&
    (await faultyFront(port, [
      [has('tls-no-close-notify'), withoutCloseNotify('server')],
      [has('tls-bare-fin-cuts'), bareFin('client', 'cut')],
    ]))
  const text = asked.text ? createServer({ allowHalfOpen: true }, acceptText) : undefined
  if (text) await listen(text)
  return {
    port: front?.port ?? port,
    ...(text ? { textPort: (text.address() as AddressInfo).port } : {}),
    drain: async () => {
      await new Promise<void>((resolve) => setImmediate(() => setImmediate(resolve)))
      if (!has('drain-accepts')) server.close()
      text?.close()
      for (const connection of texts) connection.drain()
      if (has('lingering-ends-drain') && connections.values().some(({ state }) => state === 'LINGERING')) return
      const gone = new Promise<void>((resolve) => (emptied = resolve))
      for (const connection of connections) connection.drain(Reason.SHUTTING_DOWN)
      if (connections.size > 0) await gone
    },
    close: () => {
      server.close()
      front?.close()
      text?.close()
      threads.stop()
      for (const socket of sockets) socket.destroy()
    },
  }
}

function tlsServer(
  files: NonNullable<ServerOptions['tls']>,
  has: Has,
  accept: (socket: Socket) => void,
  failed: () => void,
): Server {
  const server = createTlsServer(
    {
      key: readFileSync(files.keyFile),
      cert: readFileSync(files.certFile),
      ...(has('alpn-unchecked') ? {} : { ALPNProtocols: ['greetwire'] }),
      ...(has('tls-1.2-only') ? { maxVersion: 'TLSv1.2' } : {}),
      ...(has('tls-old-versions')
        ? { minVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' }
        : { minVersion: 'TLSv1.2' as const }),
      allowHalfOpen: true,
      ...(files.caFile === undefined
        ? {}
        : { ca: readFileSync(files.caFile), requestCert: true, rejectUnauthorized: true }),
    },
    (socket) => (has('alpn-required') && socket.alpnProtocol === false ? socket.destroy() : accept(socket)),
  )
  server.on('tlsClientError', (_cause, socket) => {
    socket.destroy()
    if (has('tls-failure-kills')) failed()
  })
  return server
}

function listen(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ port: 0, host: '127.0.0.1', backlog: 511 }, resolve)
  })
}

function defaultsFor(has: Has): ReferenceOptions {
  const timers = {
    frameTimeoutMs: 30_000,
    stallTimeoutMs: 30_000,
    lingerTimeoutMs: 2_000,
    drainTimeoutMs: 10_000,
    greeterTimeoutMs: 30_000,
    maxAgeMs: 0,
    maxConnections: 10_000,
  }
  if (has('lowest-limits')) return { ...timers, maxName: 1, maxPayload: 4096, maxInFlight: 1, idleTimeoutMs: 300_000 }
  if (has('highest-limits'))
    return { ...timers, maxName: 65_535, maxPayload: 65_535, maxInFlight: 2 ** 32 - 1, idleTimeoutMs: 2 ** 32 - 1 }
  return { ...timers, maxName: 1024, maxPayload: 4096, maxInFlight: 256, idleTimeoutMs: 300_000 }
}
