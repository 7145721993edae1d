/** A client inside TLS. */
import { createServer as createTlsServer } from 'node:tls'
import type { AddressInfo, Socket } from 'node:net'
import { check } from '../../wire/failure.ts'
import { greeting } from '../../wire/frame.ts'
import { RawPeer } from '../../wire/raw-peer.ts'
import { certificateFiles, serverCertificate, serverKey } from '../../target/certificates.ts'
import type { ClientCase } from '../../run/client-bench.ts'
import type { ClientTest } from '../../run/client-test.ts'
import { must } from './define.ts'

export const clientTlsCases: ClientCase[] = [
  must(
    'c.tls.greet',
    'inside TLS the protocol is the same; ALPN offers greetwire',
    'R-16-3 R-16-4',
    async (t) => {
      const { outcome, alpn, version } = await overTls(t, { caFile: certificateFiles().caFile })
      check(outcome === 'greeting', `expected a greeting over TLS, got ${outcome}`)
      check(version === 'TLSv1.2' || version === 'TLSv1.3', `expected TLS 1.2 or 1.3, got ${version}`)
      t.should(alpn === 'greetwire', `expected ALPN greetwire, got ${String(alpn)}`)
      t.should(version === 'TLSv1.3', `expected TLS 1.3, got ${version}`)
    },
    { needs: ['tls'] },
  ),
  must(
    'c.tls.verify',
    'a certificate that nobody vouches for is refused',
    'R-16-9',
    async (t) => {
      const { outcome } = await overTls(t, {})
      check(outcome !== 'greeting', 'expected the client to refuse the certificate')
    },
    { needs: ['tls'] },
  ),
  must(
    'c.tls.old',
    'TLS below 1.2 is refused',
    'R-16-4',
    async (t) => {
      const { outcome } = await overTls(t, { caFile: certificateFiles().caFile }, true)
      check(outcome !== 'greeting', 'expected the client to refuse TLS 1.1')
    },
    { needs: ['tls'] },
  ),
]

/** Lets the client greet a small TLS server, and tells what came of it. */
async function overTls(
  t: ClientTest,
  tls: { caFile?: string },
  old = false,
): Promise<{ outcome: string; alpn?: string | false; version?: string }> {
  let alpn: string | false = false
  let version = ''
  const sockets = new Set<Socket>()
  const legacy = old ? ({ minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const) : {}
  const server = createTlsServer(
    { key: serverKey, cert: serverCertificate, ALPNProtocols: ['greetwire'], ...legacy },
    (socket) => {
      alpn = socket.alpnProtocol === false ? false : String(socket.alpnProtocol)
      version = socket.getProtocol() ?? ''
      const peer = new RawPeer(socket, { label: 'tls', reactionMs: t.reactionMs })
      t.peers.push(peer)
      void t
        .welcome(peer)
        .then(async () => peer.send(greeting((await t.nextName(peer)).id, 'Hello Ada')))
        .catch(() => undefined)
    },
  )
  server.on('connection', (socket) => sockets.add(socket))
  server.on('tlsClientError', () => undefined)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  try {
    const connecting = t.adapter.send({
      command: 'connect',
      connection: t.connection,
      host: 'localhost',
      port,
      options: { timeoutMs: t.reactionMs, tls },
    })
    const connected = await t.settled(connecting, 'connect', t.reactionMs * 2)
    if (connected.outcome !== 'connected') return { outcome: connected.outcome }
    const { outcome } = await t.settled(t.greet('Ada'), 'greet')
    return { outcome, alpn, version }
  } finally {
    server.close()
    for (const socket of sockets) socket.destroy()
  }
}
