/** TLS: the same protocol inside, and what the handshake must accept and refuse. */
import type { ConnectionOptions } from 'node:tls'
import { CaseFailure, check, Unsupported } from '../../wire/failure.ts'
import { name } from '../../wire/frame.ts'
import { RawPeer } from '../../wire/raw-peer.ts'
import { ALERT, TlsRelay } from '../../wire/tls-relay.ts'
import { certificateFiles, clientCertificate, clientKey, serverCertificate } from '../../target/certificates.ts'
import type { ServerOptions } from '../../target/server-target.ts'
import type { ServerCase } from '../../run/server-bench.ts'
import type { ServerTest } from '../../run/server-test.ts'
import { expectBarrier, expectGreeting, expectGreetings, expectOnlyFatal } from '../expect.ts'
import { must, nameFor, should } from './define.ts'

const files = (): NonNullable<ServerOptions['tls']> => ({
  keyFile: certificateFiles().keyFile,
  certFile: certificateFiles().certFile,
})
const plain = {
  needs: ['process', 'tls'],
  options: {
    get tls() {
      return files()
    },
  },
} as const
const greeting = {
  needs: [...plain.needs, 'conformance-greeter'],
  options: {
    greeter: 'conformance',
    get tls() {
      return files()
    },
  },
} as const
const mutual = {
  needs: ['process', 'tls'],
  options: {
    get tls() {
      return { ...files(), caFile: certificateFiles().clientCaFile }
    },
  },
} as const
const trust: ConnectionOptions = { ca: serverCertificate, servername: 'localhost' }

const sample = [
  'open.name-first',
  'open.hello',
  'open.hello-name-coalesced',
  'open.ping-first',
  'open.bytewise',
  'open.hello-twice',
  'open.http/get',
  'open.fin-empty',
  'open.rst',
  'ver.common/1-1',
  'ver.too-new/2-2',
  'lim.sane',
  'lim.name-max/0',
  'lim.payload-max+1/untold-0x03',
  'frm.coalesce/1000',
  'frm.bytewise',
  'frm.truncated-header/3',
  'frm.grease-between',
  'frm.zeros',
  'frm.random/1',
  'frm.after-fatal/bad-type',
  'grt.exact',
  'utf.surrogates/eda080',
  'id.repeat/1',
  'pipe.1000',
  'pipe.mixed',
  'pipe.cross',
  'png.order',
  'png.barrier/3',
  'can.same-segment',
  'err.fatal-once/unknown-type',
  'err.delivered/1',
  'cls.fin-idle',
  'cls.fin-after-n/100',
  'cls.rst-mid-frame',
  'cls.last-bytes',
  'bp.resume',
  'fuz.model/1',
]

/** The TLS cases; `catalogue` holds the cases of which a sample is run again inside TLS. */
export function tlsCases(catalogue: readonly ServerCase[]): ServerCase[] {
  return [
    must(
      'tls.rerun',
      'inside TLS the protocol is the same (a sample of the catalogue)',
      'R-13.3-3',
      async (t, what) => {
        const [id, ...variant] = what.split('/')
        const one = catalogue.find((candidate) => candidate.id === id)
        check(one !== undefined, `the sample names ${what}, which does not exist`)
        await one.run(t, variant.join('/'))
      },
      { ...plain, variants: sample },
    ),
    must(
      'tls.alpn',
      'ALPN greetwire and no ALPN are accepted, other names are refused',
      'R-16-1 R-16-2 R-16-3',
      async (t, offer) => {
        const offers = offer === 'none' ? {} : { ALPNProtocols: offer.split('+') }
        const peer = await handshake(t, { ...trust, ...offers })
        if (offer === 'h2' || offer === 'h2+http/1.1')
          return check(peer === undefined, 'expected the handshake to be refused')
        check(peer !== undefined, 'expected the handshake to be accepted')
        await expectBarrier(peer)
      },
      { ...plain, variants: ['greetwire', 'none', 'h2', 'h2+http/1.1', 'h2+greetwire'] },
    ),
    must(
      'tls.old-version',
      'TLS below 1.2 is refused',
      'R-16-4',
      async (t, version) => {
        const only = version as 'TLSv1' | 'TLSv1.1'
        check(
          (await handshake(t, { ...trust, minVersion: only, maxVersion: only, ciphers: 'DEFAULT@SECLEVEL=0' })) ===
            undefined,
          'expected the handshake to be refused',
        )
      },
      { ...plain, variants: ['TLSv1', 'TLSv1.1'] },
    ),
    must(
      'tls.1.2',
      'TLS 1.2 or 1.3 is accepted',
      'R-16-4',
      async (t) => {
        const peer = (await handshake(t, { ...trust, maxVersion: 'TLSv1.2' })) ?? (await handshake(t, trust))
        check(peer !== undefined, 'expected a handshake with TLS 1.2 or 1.3 to be accepted')
      },
      plain,
    ),
    should(
      'tls.1.3',
      'TLS 1.3 is offered',
      'R-16-5',
      async (t) => {
        check(
          (await handshake(t, { ...trust, minVersion: 'TLSv1.3' })) !== undefined,
          'expected a handshake with TLS 1.3 to be accepted',
        )
      },
      plain,
    ),
    must(
      'tls.plain-on-tls',
      'plain frames on a TLS port get no answer in the clear, and disturb nobody',
      'R-16-10',
      async (t) => {
        const other = await t.connect()
        const peer = await t.connect(t.target.port, 'plain')
        peer.foreign = true
        peer.send(name(1, 'Ada'))
        await peer.expectEnd('plain bytes on a TLS port')
        check(peer.bytesReceived < 64, 'expected nothing but a TLS alert')
        await expectBarrier(other)
      },
      plain,
    ),
    must(
      'tls.close-notify',
      'close_notify is sent where the protocol says FIN',
      'R-16-7',
      async (t, when) => {
        const relay = await TlsRelay.open(t.target.host, t.target.port)
        const peer = await throughRelay(t, relay)
        peer.send(name(when === 'violation' ? 0 : 1, nameFor(t, 1)))
        if (when === 'violation') await expectOnlyFatal(peer, 'PROTOCOL_VIOLATION', 0)
        else {
          peer.fin()
          await expectGreeting(peer, 1, nameFor(t, 1))
          await peer.expectFin('the answer')
        }
        const last = relay.sent.server.at(-1)
        check(last === ALERT, `expected close_notify before the FIN, got a record of type ${last}`)
      },
      { ...plain, variants: ['fin', 'violation'] },
    ),
    must(
      'tls.bare-fin',
      'a transport FIN without close_notify is treated like FIN: what came before it is answered',
      'R-16-8 R-13.1-2',
      async (t) => {
        const peer = await t.connect()
        // Only a request that still runs when the FIN comes shows what becomes of it.
        const names = [nameFor(t, 1), '~250~slow']
        peer.send(...names.map((text, index) => name(index + 1, text)))
        await peer.bareFin()
        await expectGreetings(peer, new Map(names.map((text, index) => [index + 1, text])))
        await peer.expectFin('the answers')
      },
      greeting,
    ),
    must(
      'tls.client-cert',
      'a server that asks for client certificates refuses who has none',
      'R-16-10',
      async (t, who) => {
        const peer = await handshake(t, who === 'with' ? { ...trust, key: clientKey, cert: clientCertificate } : trust)
        if (who === 'with') {
          check(peer !== undefined, 'expected the client with a certificate to be accepted')
          await expectBarrier(peer)
          return
        }
        if (peer === undefined) return
        peer.send(name(1, 'Ada'))
        const answer = await peer.nextOrEnd('the end of the connection')
        check(typeof answer === 'string', 'expected the client without a certificate to be refused')
      },
      { ...mutual, variants: ['with', 'without'] },
    ),
  ]
}

/** Tries a handshake; nothing when it is refused. */
async function handshake(
  t: ServerTest,
  options: ConnectionOptions,
): Promise<Awaited<ReturnType<ServerTest['connect']>> | undefined> {
  try {
    return await t.connect(t.target.port, options)
  } catch (cause) {
    if (cause instanceof CaseFailure && !(cause instanceof Unsupported)) return undefined
    throw cause
  }
}

/** Connects through a relay by TLS 1.2, which shows the types of records. */
async function throughRelay(t: ServerTest, relay: TlsRelay): Promise<RawPeer> {
  try {
    const { reactionMs } = t.timing
    const tls: ConnectionOptions = { ...trust, maxVersion: 'TLSv1.2' }
    const peer = await RawPeer.connect('127.0.0.1', relay.port, { label: 'through a relay', reactionMs, tls })
    t.peers.push(peer)
    return peer
  } catch {
    throw new Unsupported('needs TLS 1.2, in which the type of a record can be seen')
  } finally {
    relay.close()
  }
}
