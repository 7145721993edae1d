/** What a client retries and what never, and TLS. */
import { createServer as createTlsServer } from 'node:tls'
import type { AddressInfo, Socket } from 'node:net'
import { check } from '../../wire/failure.ts'
import { Code, error, FrameType, goodbye, greeting, type CodeName } from '../../wire/frame.ts'
import { describeFrame } from '../../wire/frame-text.ts'
import { RawPeer } from '../../wire/raw-peer.ts'
import { certificateFiles, serverCertificate, serverKey } from '../../target/certificates.ts'
import type { ClientCase } from '../../run/client-bench.ts'
import type { ClientTest } from '../../run/client-test.ts'
import { must, should, waiting } from './define.ts'

const retry = { needs: ['hello', 'retry'] } as const

export const clientRetryCases: ClientCase[] = [
  must('c.retry.off', 'without retry a request goes out once', 'R-9.7-3', async (t) => {
    const { peer, pending } = await waiting(t)
    peer.fin()
    await t.expectError(pending, ['connection'], 'maybe')
    check(t.connections === 1, `expected one connection, got ${t.connections}`)
  }),
  must(
    'c.retry.never-again',
    'a request that would fail again is not retried',
    'R-9.7-1',
    async (t, code) => {
      const peer = await t.open({ retry: true })
      const pending = t.greet('Ada')
      peer.send(error((await t.nextName(peer)).id, Code[code as CodeName]))
      await t.expectError(pending, ['request', 'cancelled', 'timeout'])
      const names = peer.received.filter(({ frame }) => frame.type === FrameType.NAME).length
      check(names === 1, `expected one NAME, got ${names}`)
    },
    { ...retry, variants: ['INVALID_NAME', 'NAME_TOO_LONG', 'GREETER_FAILED', 'GREETER_TIMEOUT', 'GREETING_TOO_LONG'] },
  ),
  must(
    'c.retry.overloaded',
    'a request that met OVERLOADED is sent again, not before the time in detail',
    'R-9.7-5',
    async (t) => {
      const peer = await t.open({ retry: true })
      const pending = t.greet('Ada')
      peer.send(error((await t.nextName(peer)).id, Code.OVERLOADED, '', 150))
      const begun = performance.now()
      const again = await t.nextName(peer)
      t.should(performance.now() - begun >= 140, 'expected the client to wait for the milliseconds in detail')
      peer.send(greeting(again.id, 'Hello Ada'))
      await t.expectGreeting(pending, 'Hello Ada')
    },
    retry,
  ),
  must(
    'c.retry.fatal',
    'after a fatal ERROR below 0x0080 nothing is retried',
    'R-9.7-2',
    async (t, code) => {
      const peer = await t.open({ retry: true })
      const pending = t.greet('Ada')
      await t.nextName(peer)
      peer.send(error(0, Code[code as CodeName]))
      peer.fin()
      await t.expectError(pending, ['connection'], 'never')
      check(t.connections === 1, `expected no second connection, got ${t.connections}`)
    },
    { ...retry, variants: ['PROTOCOL_VIOLATION', 'PAYLOAD_TOO_LARGE', 'UNKNOWN_TYPE'] },
  ),
  must(
    'c.retry.maybe',
    'a request that may have been executed is not retried unless it is idempotent',
    'R-9.7-3',
    async (t, how) => {
      const peer = await t.open({ retry: true })
      const pending = t.greet('Ada')
      const { id } = await t.nextName(peer)
      if (how === 'thread-lost') peer.send(error(id, Code.THREAD_LOST))
      else if (how === 'reset') peer.reset()
      else peer.fin()
      await t.expectError(pending, ['connection', 'request'], 'maybe')
      const names = t.peers.flatMap((one) => one.received).filter(({ frame }) => frame.type === FrameType.NAME).length
      check(names === 1, `expected one NAME in all, got ${names}`)
    },
    { ...retry, variants: ['fin', 'reset', 'thread-lost'] },
  ),
  must(
    'c.retry.idempotent-once',
    'an idempotent request is retried once, and no more',
    'R-9.7-4',
    async (t) => {
      const first = await t.open({ retry: true })
      const pending = t.greet('Ada', { idempotent: true })
      await t.nextName(first)
      first.fin()
      const second = await t.accept()
      await t.welcome(second)
      await t.nextName(second)
      second.fin()
      await t.expectError(pending, ['connection'], 'maybe')
      check(t.connections === 2, `expected two connections, got ${t.connections}`)
    },
    retry,
  ),
  must(
    'c.retry.goodbye',
    'a request above a GOODBYE’s id goes to a new connection',
    'R-14-10 R-14-9',
    async (t) => {
      const first = await t.open({ retry: true })
      const pending = t.greet('Ada')
      await t.nextName(first)
      first.send(goodbye(0))
      first.fin()
      const second = await t.accept()
      await t.welcome(second)
      const again = await t.nextName(second)
      check(again.payload.toString() === 'Ada', () => `expected NAME "Ada" again, got ${describeFrame(again)}`)
      second.send(greeting(again.id, 'Hello Ada'))
      await t.expectGreeting(pending, 'Hello Ada')
    },
    retry,
  ),
  should(
    'c.proc.no-storm',
    'connections that fail are not tried again without pause',
    'R-9.7-6',
    async (t) => {
      const first = await t.open({ retry: true })
      const pending = t.greet('Ada')
      await t.nextName(first)
      first.send(goodbye(0))
      first.fin()
      const until = performance.now() + 500
      let tries = 0
      while (performance.now() < until) {
        try {
          const peer = await t.accept(until - performance.now())
          tries += 1
          peer.reset()
        } catch {
          break
        }
      }
      check(tries <= 20, `expected at most 20 connections in 500 ms, got ${tries}`)
      t.stopListening()
      await t.settled(pending, 'greet')
    },
    retry,
  ),
  must(
    'c.tls.greet',
    'inside TLS the protocol is the same; ALPN offers greetwire',
    'R-16-3 R-16-4 R-16-7',
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
