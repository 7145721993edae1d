import net from 'node:net'
import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { connect, type ConnectOptions, type Dialer, GreetError } from '../src/index.ts'
import { errorFrame, goodbye, rawFrame, type Script, ScriptedServer, welcome } from './scripted-server.ts'

const quick = { connectTimeoutMs: 2_000, closeTimeoutMs: 500 }
const ignored = (): void => undefined

/** Connects to a server that runs `script` and returns the error of that. */
async function refusalOf(script: Script, options: object = {}): Promise<GreetError> {
  await using server = await ScriptedServer.start(script)
  const error: unknown = await connect(server.target, { ...quick, ...options }).then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(GreetError)
  return error as GreetError
}

describe('connect', () => {
  it('opens with HELLO and tells what the server told', async () => {
    await using server = await ScriptedServer.start(async (peer) => {
      await peer.welcome({ maxName: 100, maxInFlight: 7, agent: 'me' })
      await peer.serve()
    })
    await using client = await connect(server.target, { agent: 'test', maxPayload: 5_000 })
    expect(client.server).toEqual({
      version: 1,
      maxName: 100,
      maxPayload: 4_096,
      maxInFlight: 7,
      idleTimeoutMs: 0,
      agent: 'me',
    })
    const bytes = Buffer.from(server.peers[0]?.received ?? []).toString('hex')
    expect(bytes).toBe(`00000c01000000000001000100001388${Buffer.from('test').toString('hex')}`)
  })

  it('waits for no WELCOME without a HELLO', async () => {
    await using server = await ScriptedServer.start((peer) => peer.serve())
    await using client = await connect(server.target, { hello: false })
    expect(await client.greet('Ada')).toBe('Hello Ada')
    expect(Buffer.from(server.peers[0]?.received ?? []).toString('hex')).toBe('0000030300000001416461')
    expect(client.server).toMatchObject({ maxName: 1_024, maxInFlight: 256 })
  })

  it('takes a WELCOME in any pieces', async () => {
    await using server = await ScriptedServer.start(async (peer) => {
      await peer.frame()
      await peer.sendBytewise(welcome())
      await peer.serve()
    })
    await using client = await connect(server.target)
    expect(await client.greet('Ada')).toBe('Hello Ada')
  })

  it('replaces what is illegal in the agent and goes on', async () => {
    await using server = await ScriptedServer.start(async (peer) => {
      await peer.frame()
      const bytes = welcome({ agent: 'x' })
      bytes[bytes.length - 1] = 0x07
      peer.send(bytes)
    })
    await using client = await connect(server.target, quick)
    expect(client.server.agent).toBe('\ufffd')
  })

  it.each(['nowhere://x', 'http://127.0.0.1:1', 'unix://relative', '127.0.0.1:0', '127.0.0.1:65536', '', 'a b:1'])(
    'refuses the target %j',
    async (target) => {
      await expect(connect(target)).rejects.toThrow(`Cannot connect to "${target}"`)
    },
  )

  it('refuses a target that is no string, such as a variable that is not set', async () => {
    await expect(connect(undefined as never)).rejects.toThrow('Cannot connect to "undefined": a target is a string')
  })

  it.each([
    [{ timeoutMs: -1 }, 'Cannot use option "timeoutMs": it is -1'],
    [{ maxInFlight: 0 }, 'Cannot use option "maxInFlight": it is 0'],
    [{ timeout: 5 }, 'Cannot use option "timeout": there is no such option'],
    [{ tls: { pfx: 'x' } }, 'Cannot use option "tls.pfx": there is no such option'],
  ])('refuses %j', async (options, message) => {
    await expect(connect('127.0.0.1:1', options as ConnectOptions)).rejects.toThrow(message)
  })
})

describe('a failed connect', () => {
  it('says that nobody listens, and tries once only', async () => {
    const free = net.createServer().listen(0, '127.0.0.1')
    await once(free, 'listening')
    const { port } = free.address() as net.AddressInfo
    free.close()
    await once(free, 'close')
    const error: unknown = await connect(`127.0.0.1:${port}`, {
      backoffMinMs: 1_000_000,
      backoffMaxMs: 1_000_000,
    }).catch((reason: unknown) => reason)
    expect(error).toMatchObject({ name: 'GreetError', code: 'CONNECT_FAILED', executed: 'never', retryable: true })
    expect((error as Error).message).toMatch(
      /^Cannot connect to tcp:\/\/127\.0\.0\.1:\d+: .*ECONNREFUSED.*; check that the server runs/,
    )
  })

  it('tells the reason of the first address of a host that has several', async () => {
    // What Node makes of them: an error with the code of the first one and no text.
    const refused = ['connect ECONNREFUSED ::1:1', 'connect ECONNREFUSED 127.0.0.1:1'].map((text) => new Error(text))
    const cause = Object.assign(new AggregateError(refused), { code: 'ECONNREFUSED' })
    const dialer: Dialer = {
      runtime: 'test',
      dial(_target, _tls, events) {
        queueMicrotask(() => events.closed(cause))
        return { busy: false, write: ignored, halfClose: ignored, destroy: ignored, keepAlive: ignored }
      },
    }
    await expect(connect('localhost:1', { dialer })).rejects.toMatchObject({
      message:
        'Cannot connect to tcp://localhost:1: connect ECONNREFUSED ::1:1; check that the server runs and listens there',
      cause,
    })
  })

  it.each([
    ['HTTP', 'HTTP/1.1 400 Bad Request\r\n\r\n'],
    ['garbage', Uint8Array.of(1)],
    ['a frame of the client', rawFrame(0x06, 0)],
  ])('says that a peer which sends %s does not speak the protocol', async (_, bytes) => {
    const error = await refusalOf(async (peer) => {
      await peer.frame()
      peer.send(bytes)
    })
    expect(error).toMatchObject({ code: 'BAD_SERVER', retryable: false, executed: 'never' })
    expect(error.message).toContain('the server broke the protocol: unexpected')
  })

  it.each([
    ['FIN', 'fin' as const],
    ['a reset', 'reset' as const],
  ])('by %s is an error at once', async (_, how) => {
    const error = await refusalOf(async (peer) => {
      await peer.frame()
      peer[how]()
    })
    expect(error).toMatchObject({ code: 'CONNECT_FAILED', retryable: true, executed: 'never' })
  })

  it('by silence ends after connectTimeoutMs, and not before', async () => {
    const startedAt = performance.now()
    const error = await refusalOf(() => undefined, { connectTimeoutMs: 60 })
    expect(error).toMatchObject({ code: 'TIMED_OUT', retryable: true, executed: 'never' })
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(59)
  })

  it('tells the versions of a server that shares none', async () => {
    const error = await refusalOf(async (peer) => {
      await peer.frame()
      peer.send(errorFrame(0, 0x0002, 0x0002_0003))
    })
    expect(error).toMatchObject({ code: 'UNSUPPORTED_VERSION', detail: 0x0002_0003, retryable: false })
  })

  it('tells the time to wait of a server that is full, even if it speaks first', async () => {
    const error = await refusalOf((peer) => {
      peer.send(errorFrame(0, 0x0082, 250, 'full'))
      peer.fin()
    })
    expect(error).toMatchObject({ code: 'SERVER_FULL', detail: 250, retryable: true })
  })

  it('by GOODBYE is an error', async () => {
    const error = await refusalOf((peer) => peer.send(goodbye(0)))
    expect(error).toMatchObject({ code: 'GOODBYE', retryable: true })
  })

  it.each([
    ['version 2', { version: 2 }],
    ['version 0', { version: 0 }],
    ['maxName 0', { maxName: 0 }],
    ['maxName above maxPayload', { maxName: 4_097 }],
    ['maxPayload below the floor', { maxPayload: 4_095 }],
    ['maxPayload above the cap', { maxPayload: 65_536 }],
    ['maxInFlight 0', { maxInFlight: 0 }],
  ])('by a WELCOME with %s is a violation', async (_, limits) => {
    const error = await refusalOf((peer) => peer.welcome(limits))
    expect(error).toMatchObject({ code: 'BAD_SERVER', retryable: false })
  })

  it('can be asked for by a signal', async () => {
    await using server = await ScriptedServer.start(() => undefined)
    const controller = new AbortController()
    const connecting = connect(server.target, { signal: controller.signal })
    controller.abort(new Error('enough'))
    await expect(connecting).rejects.toMatchObject({ code: 'ABORTED', cause: new Error('enough') })
  })

  it('opens no socket for a signal that has fired', async () => {
    const stages: string[] = []
    const connecting = connect('127.0.0.1:1', {
      signal: AbortSignal.abort(new Error('enough')),
      trace: ({ stage }) => stages.push(stage),
    })
    await expect(connecting).rejects.toMatchObject({ code: 'ABORTED', cause: new Error('enough') })
    expect(stages).toEqual([])
  })
})
