/** TLS on the framed port: who gets in, what is refused, and that closing loses nothing. */

import { once } from 'node:events'
import tls from 'node:tls'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { ServeOptions, Server } from '@greetwire/server-core'
import { keepWriting, readSlowly } from './busy-client.ts'
import { CA, CLIENT, MUTUAL_TLS, STRANGER, TLS } from './certificates.ts'
import { error, frame, goodbye, greeting, hello, join, name } from './frames.ts'
import { PUPPET, Puppet } from './puppet.ts'
import { dial, EAGERLY, failure, keptLog, start } from './rig.ts'
import { MODELS, type Target } from './target.ts'
import { ALERT, alertOf, ALERTS, clientHello, records, relay } from './tls-records.ts'
import { Wire } from './wire.ts'

/** What every server does on a TLS port. */
export function testTls(target: Target): void {
  const serve = (options: ServeOptions = {}): Promise<Server> =>
    start(target, { threading: 'pool', tls: TLS, ...options })

  describe.each(MODELS)('TLS in %s', (threading) => {
    it.each(['TLSv1.2', 'TLSv1.3'] as const)('greets by %s', async (version) => {
      const server = await serve({ threading })
      expect(server.address).toMatch(/^tls:/)
      const wire = await dialTls(server, { minVersion: version, maxVersion: version })
      expect(await wire.send(name(1, 'Ada')).frame()).toEqual(greeting(1, 'Hello Ada'))
      expect(await wire.fin().framesToFin()).toEqual([])
    })

    it.each([
      ['no PEM', { key: 'no PEM', cert: TLS.cert }],
      ['of another certificate', { ...TLS, key: CLIENT.key }],
    ])('is refused at start with a key that is %s', async (_what, secure) => {
      const refusal = await failure(target.serve({ port: 0, threading, threads: 1, tls: secure }))
      expect(`${refusal}`).toMatch(
        /^UsageError: Cannot use TLS: each of tls\.key, tls\.cert and tls\.ca is a PEM text, and the key is that of the certificate; error:/,
      )
    })

    it('says GOODBYE and ends when the server shuts down', async () => {
      const server = await serve({ threading })
      const wire = await dialTls(server)
      await wire.send(name(1, 'Ada')).frame()
      const closed = server.close()
      expect(await wire.framesToFin()).toEqual([goodbye(1, 'SHUTTING_DOWN')])
      wire.close()
      await closed
    })

    it('brings 4 MiB to a slow reader that sent FIN', async () => {
      const server = await serve({ threading, greeter: PUPPET })
      const wire = await dialTls(server)
      await wire.send(hello(65_535)).frame()
      readSlowly(wire)
      wire.send(join(...Array.from({ length: 65 }, (_, index) => name(index + 1, 'long 65000')))).fin()
      const frames = await wire.framesToFin()
      expect(frames.map(({ frame: each, id }) => `${each} ${id}`).toSorted()).toEqual(
        Array.from({ length: 65 }, (_, index) => `GREETING ${index + 1}`).toSorted(),
      )
    })

    it('brings a fatal ERROR to 20 of 20 clients that keep writing, and then FIN', async () => {
      const server = await serve({ threading })
      for (let round = 0; round < 20; round++) {
        const wire = await dialTls(server)
        wire.send(join(name(1, 'Ada'), frame(0x7f, 0)))
        keepWriting(wire, new Uint8Array(16_384).fill(0xff))
        const { frames, end } = await wire.framesToEnd()
        wire.close()
        expect([end, ...frames]).toEqual(['FIN', greeting(1, 'Hello Ada'), error(0, 'UNKNOWN_TYPE')])
      }
    })
  })

  describe('close_notify', () => {
    const endings: [string, Uint8Array, boolean][] = [
      ['answers the one of the client', name(1, 'Ada'), true],
      ['follows a fatal ERROR', frame(0x7f, 0), false],
    ]
    it.each(endings)('%s', async (_when, bytes, withFin) => {
      const between = await relay((await serve()).address)
      // Below TLS 1.3 the type of an encrypted record can be seen.
      const wire = await dialTls(between, { maxVersion: 'TLSv1.2' })
      wire.send(bytes)
      if (withFin) wire.fin()
      expect(await wire.framesToFin()).toHaveLength(1)
      expect(records(between.sent()).at(-1)?.type).toBe(ALERT)
    })
  })

  describe('a FIN without close_notify', () => {
    it('counts as a FIN', async () => {
      using puppet = new Puppet()
      const server = await serve({ greeter: PUPPET })
      const transport = await dial(server.address)
      const wire = await secured(transport)
      const key = puppet.key()
      wire.send(name(1, `hold ${key}`))
      await puppet.started(key)
      transport.fin()
      puppet.release(key)
      expect((await wire.framesToEnd()).frames).toEqual([greeting(1, `Released ${key}`)])
      await expect.poll(() => server.stats().connectionsOpen, EAGERLY).toBe(0)
    })
  })

  describe('ALPN', () => {
    it('agrees on greetwire', async () => {
      const wire = await dialTls(await serve(), { ALPNProtocols: ['http/1.1', 'greetwire'] })
      expect((wire.socket as tls.TLSSocket).alpnProtocol).toBe('greetwire')
      expect(await wire.send(name(1, 'Ada')).frame()).toEqual(greeting(1, 'Hello Ada'))
    })

    it('refuses a client that offers only another', async () => {
      const server = await serve()
      const wire = await dial(server.address)
      wire.send(clientHello(0x0303, ['h2', 'http/1.1']))
      expect(await alertOf(wire)).toBe(ALERTS.noApplicationProtocol)
      expect(server.stats().connectionsAccepted).toBe(0)
      await expectHealthy(server)
    })
  })

  describe('versions', () => {
    it.each([
      ['1.0', 0x0301],
      ['1.1', 0x0302],
    ])('refuses TLS %s', async (_version, version) => {
      const server = await serve()
      const wire = await dial(server.address)
      expect(await alertOf(wire.send(clientHello(version)))).toBe(ALERTS.protocolVersion)
      await expectHealthy(server)
    })
  })

  describe('client certificates', () => {
    it('greets a client whose certificate the authority signed', async () => {
      await expectHealthy(await serve({ tls: MUTUAL_TLS }), CLIENT)
    })

    it.each([
      ['without a certificate', {}],
      ['with a certificate of a stranger', STRANGER],
    ])('refuses a client %s', async (_who, secure) => {
      const { lines, log } = keptLog()
      const server = await serve({ tls: MUTUAL_TLS, log })
      expect(await framesOf(server, secure)).toEqual([])
      expect(lines).toEqual([expect.stringMatching(/^info: TLS handshake failed: ./)])
      expect(server.stats().connectionsAccepted).toBe(0)
      await expectHealthy(server, CLIENT)
    })

    it('are not asked for by default', async () => {
      await expectHealthy(await serve(), STRANGER)
    })
  })

  describe('a handshake', () => {
    it('that never comes ends at its timer, and no other connection notices', async () => {
      const server = await serve({ handshakeTimeoutMs: 200 })
      const startedAt = performance.now()
      const [silent, slow] = [await dial(server.address), await dial(server.address)]
      slow.send(clientHello(0x0303).subarray(0, 20))
      const healthy = await dialTls(server)
      await Promise.all([silent.ended(), slow.ended()])
      expect(performance.now() - startedAt).toBeGreaterThanOrEqual(200)
      expect(await healthy.send(name(1, 'Ada')).frame()).toEqual(greeting(1, 'Hello Ada'))
    })

    it.each([
      ['has sent nothing', 0],
      ['has sent a part of its ClientHello', 20],
      ['has sent its ClientHello', Infinity],
    ])('of a client that %s ends with the FIN of that client', async (_what, bytes) => {
      const server = await serve({ handshakeTimeoutMs: 0 })
      const wire = await dial(server.address)
      wire.send(clientHello(0x0303, ['greetwire']).subarray(0, bytes))
      wire.fin()
      await wire.ended()
      await expectHealthy(server)
    })

    it('that ends with a NAME and FIN in one flight is followed by its answer', async () => {
      const server = await serve()
      const { socket } = await dial(server.address)
      const wire = new Wire(securing(socket))
      wire.send(name(1, 'Ada')).fin()
      expect(await wire.framesToFin()).toEqual([greeting(1, 'Hello Ada')])
    })

    it('finds no place while as many are under way as there may be connections', async () => {
      const server = await serve({ maxConnections: 2, handshakeTimeoutMs: 0 })
      const waiting = [await dial(server.address), await dial(server.address)]
      // The reset may be there before the connection is.
      await dial(server.address).then(
        (wire) => wire.ended(),
        () => 'reset',
      )
      for (const wire of waiting) wire.reset()
      await expect.poll(() => isHealthy(server), EAGERLY).toBe(true)
    })

    it.each(MODELS)(
      'that is not done when the last connection of %s is gone ends with the server',
      async (threading) => {
        const server = await serve({ threading, handshakeTimeoutMs: 0 })
        const [silent, slow] = [await dial(server.address), await dial(server.address)]
        slow.send(clientHello(0x0303).subarray(0, 20))
        await server.close()
        for (const wire of [silent, slow]) await wire.ended()
        expect(server.stats().connectionsAccepted).toBe(0)
      },
    )

    it.each(MODELS)('that is done while %s drains is followed by GOODBYE', async (threading) => {
      using puppet = new Puppet()
      const server = await serve({ threading, greeter: PUPPET })
      const busy = await dialTls(server)
      const transport = await dial(server.address)
      const key = puppet.key()
      busy.send(name(1, `hold ${key}`))
      await puppet.started(key)
      const closed = server.close()
      expect(await busy.frame()).toEqual(goodbye(1, 'SHUTTING_DOWN'))
      const late = await secured(transport)
      expect(await late.framesToFin()).toEqual([goodbye(0, 'SHUTTING_DOWN')])
      late.close()
      puppet.release(key)
      busy.fin()
      expect(await busy.framesToFin()).toEqual([greeting(1, `Released ${key}`)])
      await closed
    })

    it('of plain frames ends only its own connection', async () => {
      const server = await serve()
      const wire = await dial(server.address)
      wire.send(join(hello(), name(1, 'Ada')))
      await wire.ended()
      expect(server.stats()).toMatchObject({ connectionsAccepted: 0, requests: 0 })
      await expectHealthy(server)
    })

    it('on a plain port is answered by an ERROR', async () => {
      const server = await serve({ tls: undefined } as object)
      const wire = await dial(server.address)
      wire.send(clientHello(0x0303, ['greetwire']))
      expect(await wire.framesToFin()).toEqual([error(0, 'PAYLOAD_TOO_LARGE', 4_096)])
    })
  })
}

async function dialTls({ address }: Pick<Server, 'address'>, secure: tls.ConnectionOptions = {}): Promise<Wire> {
  const wire = await Wire.connect(address, { ca: CA, ...secure })
  onTestFinished(() => wire.close())
  return wire
}

/** Shakes hands over a connection that is there. */
async function secured({ socket }: Wire): Promise<Wire> {
  const inner = securing(socket)
  await once(inner, 'secureConnect')
  return new Wire(inner)
}

function securing(socket: Wire['socket']): tls.TLSSocket {
  return tls.connect({ socket, ca: CA, host: 'localhost', allowHalfOpen: true } as object)
}

/** What a client reads that asks for a greeting; a TLS 1.3 client learns of its refusal only behind its own handshake. */
async function framesOf(server: Server, secure: tls.ConnectionOptions): Promise<unknown[]> {
  try {
    const wire = await dialTls(server, secure)
    return (await wire.send(name(1, 'Ada')).framesToEnd()).frames
  } catch {
    return []
  }
}

function isHealthy(server: Server): Promise<boolean> {
  return expectHealthy(server).then(
    () => true,
    () => false,
  )
}

async function expectHealthy(server: Server, secure: tls.ConnectionOptions = {}): Promise<void> {
  const wire = await dialTls(server, secure)
  expect(await wire.send(name(1, 'Ada')).frame()).toEqual(greeting(1, 'Hello Ada'))
}
