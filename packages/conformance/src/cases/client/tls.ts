/** A client inside TLS. */
import { createServer as createTlsServer, type TlsOptions } from 'node:tls'
import type { AddressInfo, Socket } from 'node:net'
import { check, Unsupported } from '../../wire/failure.ts'
import { greeting } from '../../wire/frame.ts'
import { RawPeer } from '../../wire/raw-peer.ts'
import { ALERT, TlsRelay, type TlsRelayRules, withoutCloseNotify } from '../../wire/tls-relay.ts'
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
      const { outcome, alpn, version } = await overTls(t, trust())
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
      const server = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const
      const { outcome } = await overTls(t, trust(), { server })
      check(outcome !== 'greeting', 'expected the client to refuse TLS 1.1')
    },
    { needs: ['tls'] },
  ),
  must(
    'c.tls.close-notify',
    'close_notify is sent where the protocol says FIN',
    'R-16-7',
    async (t, when) => {
      const server = { maxVersion: 'TLSv1.2' } as const
      const { outcome } = await overTls(t, trust(), { server, relay: {} }, async (peer, relay) => {
        const closing = when === 'close' ? t.close() : undefined
        if (!closing) peer.fin()
        await peer.expectEnd(closing ? 'close' : 'our FIN')
        if (closing) {
          peer.fin()
          await t.settled(closing, 'close')
        }
        const last = relay?.sent.client.at(-1)
        check(last === ALERT, `expected close_notify before the end, got a record of type ${last}`)
      })
      if (outcome !== 'greeting') throw new Unsupported('needs TLS 1.2, in which the type of a record can be seen')
    },
    { needs: ['tls'], variants: ['close', 'server-fin'] },
  ),
  must(
    'c.tls.bare-fin',
    'a transport FIN without close_notify is treated like FIN: what came before it is taken, the rest may have been executed',
    'R-16-8 R-4.4-1',
    async (t) => {
      const { outcome } = await overTls(t, trust(), { relay: withoutCloseNotify('server') }, async (peer) => {
        const answered = t.greet('Bob')
        const { id } = await t.nextName(peer)
        const unanswered = t.greet('Eve')
        await t.nextName(peer)
        peer.send(greeting(id, 'Hello Bob'))
        peer.fin()
        await t.expectGreeting(answered, 'Hello Bob')
        await t.expectError(unanswered, ['connection'], 'maybe')
      })
      check(outcome === 'greeting', `expected a greeting over TLS, got ${outcome}`)
    },
    { needs: ['tls'] },
  ),
]

const trust = (): { caFile: string } => ({ caFile: certificateFiles().caFile })

interface Setting {
  readonly server?: TlsOptions
  /** A relay between the client and the server, with these rules. */
  readonly relay?: TlsRelayRules
}

/** Lets the client greet a small TLS server, then does the rest with the connection, and tells what came of it. */
async function overTls(
  t: ClientTest,
  tls: { caFile?: string },
  { server: options = {}, relay: rules }: Setting = {},
  rest?: (peer: RawPeer, relay: TlsRelay | undefined) => Promise<void>,
): Promise<{ outcome: string; alpn?: string | false; version?: string }> {
  let alpn: string | false = false
  let version = ''
  let peer: RawPeer | undefined
  const sockets = new Set<Socket>()
  const server = createTlsServer(
    { key: serverKey, cert: serverCertificate, ALPNProtocols: ['greetwire'], allowHalfOpen: true, ...options },
    (socket) => {
      alpn = socket.alpnProtocol === false ? false : String(socket.alpnProtocol)
      version = socket.getProtocol() ?? ''
      const accepted = new RawPeer(socket, { label: 'tls', reactionMs: t.reactionMs })
      peer = accepted
      t.peers.push(accepted)
      void t
        .welcome(accepted)
        .then(async () => accepted.send(greeting((await t.nextName(accepted)).id, 'Hello Ada')))
        .catch(() => undefined)
    },
  )
  server.on('connection', (socket) => sockets.add(socket))
  server.on('tlsClientError', () => undefined)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const relay = rules && (await TlsRelay.open('127.0.0.1', port, rules))
  try {
    const connecting = t.adapter.send({
      command: 'connect',
      connection: t.connection,
      host: 'localhost',
      port: relay?.port ?? port,
      options: { timeoutMs: t.reactionMs, tls },
    })
    const connected = await t.settled(connecting, 'connect', t.reactionMs * 2)
    if (connected.outcome !== 'connected') return { outcome: connected.outcome }
    const { outcome } = await t.settled(t.greet('Ada'), 'greet')
    if (outcome === 'greeting' && peer) await rest?.(peer, relay)
    return { outcome, alpn, version }
  } finally {
    relay?.close()
    server.close()
    for (const socket of sockets) socket.destroy()
  }
}
