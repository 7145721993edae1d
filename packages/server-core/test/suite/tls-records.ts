/** TLS as bytes: what a test has to see or send that no TLS library shows or sends. */

import net from 'node:net'
import { onTestFinished } from 'vitest'
import { connectOptions, type Wire } from './wire.ts'

/** The record type of an alert, encrypted or not. */
export const ALERT = 21

/** Alerts by their numbers (RFC 8446, section 6). */
export const ALERTS = { protocolVersion: 70, noApplicationProtocol: 120 } as const

/** A ClientHello that offers at most `version` (0x0303 is TLS 1.2), and by ALPN the names given, if any. */
export function clientHello(version: number, alpn: readonly string[] = []): Uint8Array {
  const names = Buffer.concat(alpn.map((each) => Buffer.from([each.length, ...Buffer.from(each)])))
  const extensions = Buffer.concat([
    extension(0x0a, block(2, Buffer.from('0017', 'hex'))),
    extension(0x0b, block(1, Buffer.from('00', 'hex'))),
    extension(0x0d, block(2, Buffer.from('0403', 'hex'))),
    ...(alpn.length > 0 ? [extension(0x10, block(2, names))] : []),
  ])
  const body = Buffer.concat([
    uint(2, version),
    Buffer.alloc(32, 7),
    block(1, Buffer.alloc(0)),
    // ECDHE-ECDSA with AES-128, by GCM for TLS 1.2 and by CBC for what came before.
    block(2, Buffer.from('c02bc00900ff', 'hex')),
    block(1, Buffer.from('00', 'hex')),
    block(2, extensions),
  ])
  return record(22, Buffer.concat([Buffer.from([1]), block(3, body)]))
}

/** The type and the payload of every whole record. */
export function records(bytes: Buffer): { type: number; payload: Buffer }[] {
  const found: { type: number; payload: Buffer }[] = []
  for (let at = 0; at + 5 <= bytes.length;) {
    const end = at + 5 + bytes.readUInt16BE(at + 3)
    found.push({ type: bytes.readUInt8(at), payload: bytes.subarray(at + 5, end) })
    at = end
  }
  return found
}

/** The number of the first alert that arrives in the clear, undefined if the connection ends without one. */
export async function alertOf(wire: Wire): Promise<number | undefined> {
  const chunks: Buffer[] = []
  wire.socket.on('data', (chunk: Buffer) => chunks.push(chunk))
  await wire.ended()
  return records(Buffer.concat(chunks)).find(({ type }) => type === ALERT)?.payload[1]
}

/** Listens, passes everything on to `address` and back, and keeps what the server sent. */
export async function relay(address: string): Promise<{ readonly address: string; sent(): Buffer }> {
  const chunks: Buffer[] = []
  const server = net.createServer({ allowHalfOpen: true }, (client) => {
    const inner = net.connect({ ...connectOptions(address), allowHalfOpen: true } as net.NetConnectOpts)
    inner.on('data', (chunk: Buffer) => chunks.push(chunk))
    client.on('error', () => inner.destroy())
    inner.on('error', () => client.destroy())
    client.pipe(inner)
    inner.pipe(client)
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  onTestFinished(() => void server.close())
  const { port } = server.address() as net.AddressInfo
  return { address: `tls://127.0.0.1:${port}`, sent: () => Buffer.concat(chunks) }
}

function extension(type: number, content: Buffer): Buffer {
  return Buffer.concat([uint(2, type), block(2, content)])
}

function record(type: number, payload: Buffer): Buffer {
  return Buffer.concat([Buffer.from([type, 3, 1]), block(2, payload)])
}

function block(lengthBytes: number, content: Buffer): Buffer {
  return Buffer.concat([uint(lengthBytes, content.length), content])
}

function uint(bytes: number, value: number): Buffer {
  const written = Buffer.alloc(bytes)
  written.writeUIntBE(value, 0, bytes)
  return written
}
