import { rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { connect, type ConnectOptions, parseTarget, type TlsOptions } from '../src/index.ts'
import { nodeDialer } from '../src/node-dialer.ts'
import { authority, caller, type Identity, localhost, otherHost } from './certificates.ts'
import { type Peer, ScriptedServer, type ScriptedServerOptions } from './scripted-server.ts'

const serve = async (peer: Peer): Promise<void> => {
  await peer.welcome()
  await peer.serve()
}

async function greetOver(options: ScriptedServerOptions, connectOptions: ConnectOptions = {}): Promise<string> {
  await using server = await ScriptedServer.start(serve, options)
  await using client = await connect(server.target, { connectTimeoutMs: 3_000, closeTimeoutMs: 500, ...connectOptions })
  return client.greet('Ada')
}

function unixPath(what: string): string {
  const path = join(tmpdir(), `greetwire-client-${what}-${process.pid}.sock`)
  rmSync(path, { force: true })
  return path
}

/** Connects to a TLS server as if it spoke none. */
async function connectPlain(options: ScriptedServerOptions): Promise<void> {
  await using server = await ScriptedServer.start(serve, options)
  await connect(server.target.replace('tls:', 'tcp:'))
}

const secure = (identity: Identity, more: object = {}): ScriptedServerOptions => ({ tls: { ...identity, ...more } })

describe('a unix socket', () => {
  it('carries greetings', async () => {
    expect(await greetOver({ unix: unixPath('greets') })).toBe('Hello Ada')
  })

  it('that is not there is an error', async () => {
    await expect(connect('unix:///nowhere/at.sock')).rejects.toMatchObject({ code: 'CONNECT_FAILED' })
  })
})

describe('TLS', () => {
  it('carries greetings to a server of a trusted authority', async () => {
    expect(await greetOver(secure(localhost), { tls: { ca: authority } })).toBe('Hello Ada')
  })

  it('carries many bytes both ways', async () => {
    await using server = await ScriptedServer.start(serve, secure(localhost))
    await using client = await connect(server.target, { tls: { ca: authority } })
    const names = Array.from({ length: 2_000 }, (_, index) => `${index} ${'x'.repeat(500)}`)
    let count = 0
    for await (const { name, greeting } of client.greetAll(names)) {
      expect(greeting).toBe(`Hello ${name}`)
      count++
    }
    expect(count).toBe(2_000)
  })

  it('offers greetwire by ALPN: a server that insists on another protocol refuses, and the error says so on one line', async () => {
    const reasons: string[] = []
    const error: unknown = await greetOver(secure(localhost, { ALPNProtocols: ['h2'] }), {
      tls: { ca: authority },
      trace: (event) => event.stage === 'close' && reasons.push(event.reason),
    }).catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'CONNECT_FAILED', retryable: false })
    const refusal = /tlsv1.alert.no.application.protocol \(\w+\)/i
    expect((error as Error).message).toMatch(
      new RegExp(`^Cannot connect to \\S+: ${refusal.source}; check that a Greetwire server listens there$`, 'i'),
    )
    expect(reasons).toEqual([expect.stringMatching(new RegExp(`^${refusal.source}$`, 'i'))])
  })

  it('refuses an authority that nobody trusts', async () => {
    await expect(greetOver(secure(localhost))).rejects.toMatchObject({ code: 'CONNECT_FAILED', retryable: false })
    await expect(greetOver(secure(localhost))).rejects.toThrow('check tls.ca, tls.cert and tls.serverName')
  })

  it('refuses a server that calls itself otherwise, unless it is asked for by that name', async () => {
    const ca = authority
    await expect(greetOver(secure(otherHost), { tls: { ca } })).rejects.toMatchObject({ code: 'CONNECT_FAILED' })
    await expect(greetOver(secure(localhost), { tls: { ca, serverName: 'other.example' } })).rejects.toMatchObject({
      code: 'CONNECT_FAILED',
    })
    expect(await greetOver(secure(otherHost), { tls: { ca, serverName: 'other.example' } })).toBe('Hello Ada')
  })

  it('takes anything with rejectUnauthorized off', async () => {
    expect(await greetOver(secure(otherHost), { tls: { rejectUnauthorized: false } })).toBe('Hello Ada')
  })

  it('shows its certificate to a server that asks for one', async () => {
    const asking = secure(localhost, { requestCert: true, ca: authority })
    expect(await greetOver(asking, { tls: { ca: authority, ...caller } })).toBe('Hello Ada')
    await expect(greetOver(asking, { tls: { ca: authority } })).rejects.toMatchObject({ name: 'GreetError' })
  })

  it('to a server without TLS is an error, not silence, and says so', async () => {
    await using server = await ScriptedServer.start((peer) => peer.send('! PROTOCOL_VIOLATION'))
    const target = server.target.replace('tcp:', 'tls:')
    const error: unknown = await connect(target, { connectTimeoutMs: 3_000 }).catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'CONNECT_FAILED', retryable: false })
    expect((error as Error).message).toBe(
      `Cannot connect to ${target}: no TLS is spoken there; is it ${server.target}?`,
    )
  })

  it('that a client does not speak is an error that asks for it', async () => {
    const error: unknown = await connectPlain(secure(localhost)).catch((reason: unknown) => reason)
    // Some servers of TLS answer with an alert, others close without a word.
    expect(String(error)).toMatch(
      /: (?:TLS is spoken there; is it tls:\/\/\S+\?|.* its WELCOME; does it speak TLS \(tls:\/\/\)\?)$/,
    )
  })

  it('tells a plain client by an alert that it is spoken there', async () => {
    await using server = await ScriptedServer.start((peer) => peer.send(Buffer.from('15030300020246', 'hex')))
    const error: unknown = await connect(server.target).catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'BAD_SERVER', retryable: false })
    expect((error as Error).message).toBe(
      `Cannot connect to ${server.target}: TLS is spoken there; is it ${server.target.replace('tcp:', 'tls:')}?`,
    )
  })

  it.each<[string, ScriptedServerOptions, Partial<TlsOptions>, string]>([
    ['a plain client', {}, {}, '; does it speak TLS (tls://)?'],
    ['a client of a unix socket', { unix: unixPath('closes') }, {}, ''],
    [
      'a client without a certificate',
      { tls: localhost },
      { ca: authority },
      '; it may ask for a client certificate (tls.cert and tls.key)',
    ],
    ['a client with a certificate', { tls: localhost }, { ca: authority, ...caller }, ''],
  ])('may be what a server misses that closes the connection of %s without a word', async (_, options, tls, advice) => {
    await using server = await ScriptedServer.start(async (peer) => {
      await peer.frame()
      peer.fin()
    }, options)
    await expect(connect(server.target, { tls })).rejects.toMatchObject({
      message: `Cannot connect to ${server.target}: the server closed the connection before its WELCOME${advice}`,
    })
  })

  it.each([
    ['is no PEM', { cert: 'no PEM', key: caller.key }],
    ['belongs to another key', { cert: caller.cert, key: localhost.key }],
  ])('refuses a certificate that %s', async (_what, identity) => {
    const error: unknown = await connect('tls://127.0.0.1:1', { tls: identity }).catch((reason: unknown) => reason)
    expect(String(error)).toMatch(
      /^UsageError: Cannot use TLS: each of tls\.ca, tls\.cert and tls\.key is a PEM text, and the key is that of the certificate; error:/,
    )
  })
})

describe('a dialer', () => {
  it('can be chosen: that of Node serves either runtime', async () => {
    expect(await greetOver({}, { dialer: nodeDialer })).toBe('Hello Ada')
    expect(await greetOver(secure(localhost), { dialer: nodeDialer, tls: { ca: authority } })).toBe('Hello Ada')
  })
})

describe('a target', () => {
  it.each([
    ['tcp://example.org:1', { kind: 'tcp', host: 'example.org', port: 1, text: 'tcp://example.org:1' }],
    ['127.0.0.1:4356', { kind: 'tcp', host: '127.0.0.1', port: 4_356, text: 'tcp://127.0.0.1:4356' }],
    ['localhost', { kind: 'tcp', host: 'localhost', port: 4_356, text: 'tcp://localhost:4356' }],
    ['TLS://[::1]:65535', { kind: 'tls', host: '::1', port: 65_535, text: 'tls://[::1]:65535' }],
    ['tcp://[::1]', { kind: 'tcp', host: '::1', port: 4_356, text: 'tcp://[::1]:4356' }],
    ['tcp://[fe80::1%eth0]:1', { kind: 'tcp', host: 'fe80::1%eth0', port: 1, text: 'tcp://[fe80::1%eth0]:1' }],
    ['unix:///run/greet.sock', { kind: 'unix', path: '/run/greet.sock', text: 'unix:///run/greet.sock' }],
  ])('may be %s', (text, target) => {
    expect(parseTarget(text)).toEqual(target)
  })
})
