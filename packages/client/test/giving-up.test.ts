import { describe, expect, it } from 'vitest'
import { connect, type ConnectOptions } from '../src/index.ts'
import { authority, localhost } from './certificates.ts'
import {
  errorFrame,
  goodbye,
  greeting,
  type Peer,
  pong,
  ScriptedServer,
  type ScriptedServerOptions,
} from './scripted-server.ts'

const quick = { closeTimeoutMs: 100 }

/** Everything that comes until the client ends. */
async function wordsToEnd(peer: Peer): Promise<string[]> {
  const words: string[] = []
  try {
    // oxlint-disable-next-line no-await-in-loop
    for (;;) words.push(await peer.word())
  } catch {
    return words
  }
}

describe('a request that times out', () => {
  it('is cancelled at the server, never early, and its late answer is dropped', async () => {
    await using server = await ScriptedServer.start(async (peer) => {
      await peer.welcome()
      const words = [await peer.word(), await peer.word()]
      expect(words).toEqual(['NAME 1 slow', 'CANCEL 1'])
      peer.send(greeting(1, 'late'))
      await peer.serve()
    })
    await using client = await connect(server.target, quick)
    const startedAt = performance.now()
    await expect(client.greet('slow', { timeoutMs: 40 })).rejects.toMatchObject({
      code: 'TIMED_OUT',
      executed: 'maybe',
      retryable: false,
    })
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(39)
    expect(await client.greet('b')).toBe('Hello b')
  })

  it('keeps its place until the answer comes', async () => {
    await using server = await ScriptedServer.start(async (peer) => {
      await peer.welcome({ maxInFlight: 1 })
      expect(await peer.word()).toBe('NAME 1 slow')
      expect(await peer.word()).toBe('CANCEL 1')
      // The first one is the client's own: it has heard nothing since.
      expect([await peer.word(), await peer.word()]).toEqual(['PING 1', 'PING 2'])
      peer.send(pong(1), pong(2), errorFrame(1, 0x0106))
      await peer.serve()
    })
    await using client = await connect(server.target, quick)
    await expect(client.greet('slow', { timeoutMs: 10 })).rejects.toMatchObject({ code: 'TIMED_OUT' })
    const waiting = client.greet('next')
    await client.ping()
    expect(await waiting).toBe('Hello next')
  })

  it('is never sent if it was waiting', async () => {
    await using server = await ScriptedServer.start(async (peer) => {
      await peer.welcome({ maxInFlight: 1 })
      expect(await peer.word()).toBe('NAME 1 a')
      expect([await peer.word(), await peer.word()]).toEqual(['PING 1', 'PING 2'])
      peer.send(greeting(1, 'a'), pong(1), pong(2))
      expect(await peer.word()).toBe('NAME 2 c')
      peer.send(greeting(2, 'c'))
    })
    await using client = await connect(server.target, quick)
    const first = client.greet('a')
    await expect(client.greet('b', { timeoutMs: 10 })).rejects.toMatchObject({
      code: 'TIMED_OUT',
      executed: 'never',
      retryable: true,
    })
    await client.ping()
    expect(await first).toBe('a')
    expect(await client.greet('c')).toBe('c')
  })
})

describe('a request that is given up at the end of its connection', () => {
  it('is cancelled although the server drains, and only then comes the FIN', async () => {
    const words: string[] = []
    await using server = await ScriptedServer.start(async (peer) => {
      await peer.welcome()
      words.push(await peer.word(), await peer.word())
      peer.send(goodbye(2), greeting(1, 'first'))
      words.push(await peer.word())
      await peer.ended
      words.push('FIN')
      peer.send(errorFrame(2, 0x0106))
    })
    await using client = await connect(server.target, quick)
    const said = new Promise((resolve) => client.on('goodbye', resolve))
    const controller = new AbortController()
    const first = client.greet('a')
    const second = client.greet('b', { signal: controller.signal })
    await said
    controller.abort()
    await expect(second).rejects.toMatchObject({ code: 'ABORTED', executed: 'maybe' })
    expect(await first).toBe('first')
    await server.peers[0]?.ended
    await client.close()
    expect(words).toEqual(['NAME 1 a', 'NAME 2 b', 'CANCEL 2', 'FIN'])
  })

  it.each<[string, ScriptedServerOptions, ConnectOptions]>([
    ['tcp', {}, {}],
    ['tls', { tls: localhost }, { tls: { ca: authority } }],
  ])('is cancelled when close has waited long enough, over %s', async (_, serverOptions, connectOptions) => {
    const words = Promise.withResolvers<string[]>()
    await using server = await ScriptedServer.start(async (peer) => {
      await peer.welcome()
      words.resolve(await wordsToEnd(peer))
    }, serverOptions)
    const client = await connect(server.target, { closeTimeoutMs: 20, ...connectOptions })
    const outcomes = ['a', 'b'].map((name) => client.greet(name).catch((error: { code: string }) => error.code))
    await client.close()
    expect(await Promise.all(outcomes)).toEqual(['CLIENT_CLOSED', 'CLIENT_CLOSED'])
    expect(await words.promise).toEqual(['NAME 1 a', 'NAME 2 b', 'CANCEL 1', 'CANCEL 2'])
  })

  it('is cancelled, and not waited for, when nothing else keeps close', async () => {
    const words = Promise.withResolvers<string[]>()
    await using server = await ScriptedServer.start(async (peer) => {
      peer.answersFin = false
      await peer.welcome()
      words.resolve(await wordsToEnd(peer))
    })
    // Without a time limit, close can only end by not waiting.
    const client = await connect(server.target, { closeTimeoutMs: 0 })
    const controller = new AbortController()
    const greeted = client.greet('a', { signal: controller.signal }).catch((error: { code: string }) => error.code)
    const closing = client.close()
    controller.abort()
    await closing
    expect(await greeted).toBe('ABORTED')
    expect(await words.promise).toEqual(['NAME 1 a', 'CANCEL 1'])
  })
})

describe('an AbortSignal', () => {
  it('cancels a request in flight', async () => {
    await using server = await ScriptedServer.start(async (peer) => {
      await peer.welcome()
      expect([await peer.word(), await peer.word()]).toEqual(['NAME 1 a', 'CANCEL 1'])
      peer.send(errorFrame(1, 0x0106))
      await peer.serve()
    })
    await using client = await connect(server.target, quick)
    const controller = new AbortController()
    const greeted = client.greet('a', { signal: controller.signal })
    controller.abort(new Error('enough'))
    await expect(greeted).rejects.toMatchObject({ code: 'ABORTED', executed: 'maybe', cause: new Error('enough') })
    expect(await client.greet('b')).toBe('Hello b')
  })

  it('that has fired already sends nothing', async () => {
    await using server = await ScriptedServer.start(async (peer) => {
      await peer.welcome()
      expect(await peer.word()).toBe('NAME 1 b')
      peer.send(greeting(1, 'b'))
    })
    await using client = await connect(server.target, quick)
    const signal = AbortSignal.abort('early')
    await expect(client.greet('a', { signal })).rejects.toMatchObject({
      code: 'ABORTED',
      executed: 'never',
      cause: 'early',
    })
    await expect(client.ping({ signal })).rejects.toMatchObject({ code: 'ABORTED' })
    expect(await client.greet('b')).toBe('b')
  })

  it('that fires after the answer changes nothing and is not listened to any more', async () => {
    await using server = await ScriptedServer.start(async (peer) => {
      await peer.welcome()
      await peer.serve()
    })
    await using client = await connect(server.target, quick)
    const controller = new AbortController()
    const listening = new Set<unknown>()
    const { signal } = controller
    const add = signal.addEventListener.bind(signal)
    const remove = signal.removeEventListener.bind(signal)
    signal.addEventListener = (...given: Parameters<typeof add>) => (listening.add(given[1]), add(...given))
    signal.removeEventListener = (...given: Parameters<typeof remove>) => (listening.delete(given[1]), remove(...given))
    expect(await client.greet('a', { signal })).toBe('Hello a')
    expect(listening.size).toBe(0)
    controller.abort()
    expect(await client.greet('b')).toBe('Hello b')
  })
})

describe('limits', () => {
  it('never have more requests in flight than the server allows', async () => {
    await using server = await ScriptedServer.start(async (peer) => {
      await peer.welcome({ maxInFlight: 3 })
      for (let served = 0; served < 30; served += 3) {
        // oxlint-disable-next-line no-await-in-loop
        const ids = [(await peer.frame()).id, (await peer.frame()).id, (await peer.frame()).id]
        expect(peer.buffered).toBe(0)
        peer.send(...ids.map((id) => greeting(id, 'x')))
      }
      await peer.serve()
    })
    await using client = await connect(server.target, quick)
    await Promise.all(Array.from({ length: 30 }, () => client.greet('a')))
  })

  it('bound what waits to be sent', async () => {
    await using server = await ScriptedServer.start((peer) => peer.welcome({ maxInFlight: 1 }))
    await using client = await connect(server.target, { ...quick, maxQueued: 2 })
    const waiting = ['a', 'b', 'c'].map((name) => client.greet(name).catch((error: { code: string }) => error.code))
    await expect(client.greet('d')).rejects.toMatchObject({ code: 'QUEUE_FULL', executed: 'never', retryable: true })
    await client.close()
    expect(await Promise.all(waiting)).toEqual(['CLIENT_CLOSED', 'CLIENT_CLOSED', 'CLIENT_CLOSED'])
  })

  it('bound what waits to be sent again too', async () => {
    await using server = await ScriptedServer.start(async (peer) => {
      await peer.welcome()
      for (;;) peer.send(errorFrame((await peer.frame()).id, 0x0201, 60_000))
    })
    await using client = await connect(server.target, { ...quick, maxQueued: 2, timeoutMs: 0 })
    const waiting: Promise<unknown>[] = []
    for (const name of ['a', 'b']) {
      const delayed = new Promise((resolve) => client.on('retry', resolve))
      waiting.push(client.greet(name).catch((error: { code: string }) => error.code))
      await delayed
    }
    await expect(client.greet('c')).rejects.toMatchObject({ code: 'QUEUE_FULL', executed: 'never' })
    await client.close()
    expect(await Promise.all(waiting)).toEqual(['CLIENT_CLOSED', 'CLIENT_CLOSED'])
  })

  it('refuse no ping because requests wait', async () => {
    await using server = await ScriptedServer.start(async (peer) => {
      await peer.welcome({ maxInFlight: 1 })
      expect([await peer.word(), await peer.word()]).toEqual(['NAME 1 a', 'PING 1'])
      peer.send(pong(1))
    })
    await using client = await connect(server.target, { ...quick, maxQueued: 2 })
    const waiting = ['a', 'b', 'c'].map((name) => client.greet(name).catch((error: { code: string }) => error.code))
    expect(await client.ping()).toBeGreaterThan(0)
    await client.close()
    expect(await Promise.all(waiting)).toEqual(['CLIENT_CLOSED', 'CLIENT_CLOSED', 'CLIENT_CLOSED'])
  })

  it('bound the pings that wait for a connection', async () => {
    await using server = await ScriptedServer.start(async (peer, connection) => {
      if (connection === 1) await peer.welcome()
      peer.fin()
    })
    await using client = await connect(server.target, { ...quick, maxQueued: 1, retries: 100 })
    await server.peers[0]?.ended
    const waiting = client.ping({ timeoutMs: 0 }).catch((error: { code: string }) => error.code)
    await expect(client.ping()).rejects.toMatchObject({ code: 'QUEUE_FULL', executed: 'never', retryable: true })
    await client.close()
    expect(await waiting).toBe('CLIENT_CLOSED')
  })

  it('take a new connection when the ids are used up', async () => {
    await using server = await ScriptedServer.start(async (peer) => {
      await peer.welcome()
      await peer.serve()
    })
    await using client = await connect(server.target, { ...quick, firstId: 0xffff_fffe })
    const names = ['a', 'b', 'c', 'd', 'e']
    expect(await Promise.all(names.map((name) => client.greet(name)))).toEqual(names.map((name) => `Hello ${name}`))
    expect(server.peers).toHaveLength(3)
  })

  it('keep reading while they write: a server that answers before it reads on', async () => {
    const text = 'x'.repeat(4_000)
    await using server = await ScriptedServer.start(async (peer) => {
      await peer.welcome({ maxName: 4_096, maxInFlight: 4_000_000_000 })
      await peer.serve()
    })
    await using client = await connect(server.target, { ...quick, maxInFlight: 4_000 })
    const greetings = await Promise.all(Array.from({ length: 2_000 }, () => client.greet(text)))
    expect(new Set(greetings)).toEqual(new Set([`Hello ${text}`]))
  })
})
