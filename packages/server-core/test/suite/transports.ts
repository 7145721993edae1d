/** What a server may listen on, so that a test can run over each: a TCP port, plain or with TLS, and a socket path. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { onTestFinished } from 'vitest'
import type { ListenAddress, ServeOptions } from '@greetwire/server-core'
import { CA, TLS } from './certificates.ts'
import { hello } from './frames.ts'
import { MODELS } from './target.ts'
import { Wire, type WireEnd } from './wire.ts'

/** A way to reach a server. */
export interface Transport {
  readonly name: string
  readonly models: readonly (typeof MODELS)[number][]
  /** As what the server's reset may reach a client. */
  readonly resets: readonly WireEnd[]
  /** Where to listen. */
  where(): { readonly port: number } | { readonly unix: string }
  readonly tls?: NonNullable<ServeOptions['tls']>
}

/** Each of them. */
export const TRANSPORTS: readonly Transport[] = [
  { name: 'tcp', models: MODELS, resets: ['reset'], where: () => ({ port: 0 }) },
  { name: 'tls', models: MODELS, resets: ['reset'], where: () => ({ port: 0 }), tls: TLS },
  // A socket path knows no reset: the client reads the end, or an error if the server left something unread.
  { name: 'unix', models: ['pool'], resets: ['FIN', 'reset'], where: () => ({ unix: socketPath() }) },
]

/** Each model over each transport that it listens on. */
export const SERVICES = TRANSPORTS.flatMap((transport) =>
  transport.models.map((threading) => ({ threading, name: transport.name, transport })),
)

/** Connects, for TLS with the handshake done; the wire ends with the test. */
export async function reach(transport: Transport, address: string): Promise<Wire> {
  const wire = await Wire.connect(address, transport.tls && { ca: CA })
  onTestFinished(() => wire.close())
  return wire
}

/** Connects, says HELLO and reads WELCOME. */
export async function reachOpen(transport: Transport, address: string): Promise<Wire> {
  const wire = await reach(transport, address)
  await wire.send(hello(65_535)).frame()
  return wire
}

/** Where a listener of its own listens. */
export function listenAddress(transport: Transport): ListenAddress {
  const where = transport.where()
  return 'unix' in where ? { path: where.unix } : { host: '127.0.0.1', port: where.port }
}

/** The URL of a listener. */
export function addressUrl(address: ListenAddress): string {
  return 'path' in address ? `unix://${address.path}` : `tcp://${address.host}:${address.port}`
}

/** A path in a folder that ends with the test. */
function socketPath(): string {
  const directory = mkdtempSync(path.join(tmpdir(), 'greetwire-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  return path.join(directory, 'socket')
}
