import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type Client, connect, type ConnectOptions, type TraceEvent } from '../src/index.ts'
import { greeting, type Peer, pong, type Script, ScriptedServer } from './scripted-server.ts'

const options: ConnectOptions = { timeoutMs: 1_000, closeTimeoutMs: 1_000, backoffMinMs: 0 }

// The sockets are real, the time is not: no machine is too slow for a PONG here.
beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }))
afterEach(() => void vi.useRealTimers())

const codeOf = (greeted: Promise<string>): Promise<string> => greeted.catch((error: { code: string }) => error.code)

/** Greets, and lets the time of the request pass. */
async function timeOut(client: Client, name: string): Promise<void> {
  const outcome = codeOf(client.greet(name))
  vi.advanceTimersByTime(1_000)
  expect(await outcome).toBe('TIMED_OUT')
}

/** A server that tells what its first connection says and answers nothing there; it greets on all others. */
function silentAtFirst(words: string[], welcome: (peer: Peer) => Promise<void> = (peer) => peer.welcome()): Script {
  return async (peer, connection) => {
    await welcome(peer)
    if (connection > 1) return peer.serve()
    // oxlint-disable-next-line no-await-in-loop
    for (;;) words.push(await peer.word())
  }
}

describe('a connection that has gone silent', () => {
  it('is asked by a PING when a request times out, and left when the next one does', async () => {
    const words: string[] = []
    await using server = await ScriptedServer.start(silentAtFirst(words))
    await using client = await connect(server.target, options)
    await timeOut(client, 'a')
    await timeOut(client, 'b')
    expect(await client.greet('c')).toBe('Hello c')
    await client.close()
    await server.peers[0]?.ended
    expect(words).toEqual(['NAME 1 a', 'CANCEL 1', 'PING 1', 'NAME 2 b', 'CANCEL 2'])
    expect(server.peers).toHaveLength(2)
  })

  it('is left although it never said anything: no HELLO, no WELCOME', async () => {
    await using server = await ScriptedServer.start(silentAtFirst([], () => Promise.resolve()))
    await using client = await connect(server.target, { ...options, hello: false })
    await timeOut(client, 'a')
    await timeOut(client, 'b')
    expect(await client.greet('c')).toBe('Hello c')
  })

  it('is left for the requests that wait for room on it', async () => {
    const words: string[] = []
    await using server = await ScriptedServer.start(silentAtFirst(words, (peer) => peer.welcome({ maxInFlight: 1 })))
    await using client = await connect(server.target, options)
    await timeOut(client, 'a')
    await timeOut(client, 'b')
    expect(await client.greet('c')).toBe('Hello c')
    await client.close()
    await server.peers[0]?.ended
    expect(words).toEqual(['NAME 1 a', 'CANCEL 1', 'PING 1'])
  })

  it('is not left by requests that were made before the PING', async () => {
    const words: string[] = []
    await using server = await ScriptedServer.start(silentAtFirst(words))
    await using client = await connect(server.target, options)
    const first = codeOf(client.greet('a'))
    vi.advanceTimersByTime(500)
    const second = codeOf(client.greet('b'))
    vi.advanceTimersByTime(1_000)
    expect(await Promise.all([first, second])).toEqual(['TIMED_OUT', 'TIMED_OUT'])
    await timeOut(client, 'c')
    expect(await client.greet('d')).toBe('Hello d')
    await client.close()
    await server.peers[0]?.ended
    expect(words.filter((word) => /NAME|PING/.test(word))).toEqual(['NAME 1 a', 'NAME 2 b', 'PING 1', 'NAME 3 c'])
  })

  it('is asked by no further PING while one is unanswered', async () => {
    const words: string[] = []
    await using server = await ScriptedServer.start(silentAtFirst(words))
    await using client = await connect(server.target, options)
    const pinged = client.ping({ timeoutMs: 0 }).catch((error: { code: string }) => error.code)
    await timeOut(client, 'a')
    await timeOut(client, 'b')
    expect(await client.greet('c')).toBe('Hello c')
    const closing = client.close()
    vi.advanceTimersByTime(1_000)
    await closing
    expect(await pinged).toBe('CLIENT_CLOSED')
    await server.peers[0]?.ended
    expect(words).toEqual(['PING 1', 'NAME 1 a', 'CANCEL 1', 'NAME 2 b', 'CANCEL 2'])
  })

  it('counts as a failed try if it never answered', async () => {
    await using server = await ScriptedServer.start(silentAtFirst([], (peer) => peer.welcome({ maxInFlight: 1 })))
    await using client = await connect(server.target, { ...options, retries: 0 })
    const first = codeOf(client.greet('a'))
    const waiting = codeOf(client.greet('patient', { timeoutMs: 0 }))
    vi.advanceTimersByTime(1_000)
    expect(await first).toBe('TIMED_OUT')
    await timeOut(client, 'b')
    expect(await waiting).toBe('CONNECTION_LOST')
  })

  it('still settles what it holds, and closes in order when it speaks again', async () => {
    const speak = Promise.withResolvers<void>()
    await using server = await ScriptedServer.start(async (peer, connection) => {
      await peer.welcome()
      if (connection > 1) return peer.serve()
      await speak.promise
      peer.send(greeting(1, 'at last'), pong(1), greeting(2, 'late'), greeting(3, 'late'))
      return peer.ended
    })
    await using client = await connect(server.target, options)
    const patient = client.greet('patient', { timeoutMs: 0 })
    await timeOut(client, 'a')
    await timeOut(client, 'b')
    expect(await client.greet('c')).toBe('Hello c')
    speak.resolve()
    expect(await patient).toBe('at last')
    await server.peers[0]?.ended
  })

  it('is given up closeTimeoutMs after it was left', async () => {
    const closed = Promise.withResolvers<TraceEvent>()
    const trace = (event: TraceEvent): void => {
      if (event.stage === 'close') closed.resolve(event)
    }
    await using server = await ScriptedServer.start(silentAtFirst([]))
    await using client = await connect(server.target, { ...options, trace })
    await timeOut(client, 'a')
    await timeOut(client, 'b')
    vi.advanceTimersByTime(1_000)
    expect(await closed.promise).toMatchObject({ connection: 1, reason: 'the client closed the connection' })
  })

  it('keeps no close waiting', async () => {
    await using server = await ScriptedServer.start(silentAtFirst([]))
    // Without a time limit, close can only end by not waiting for the PONG.
    const client = await connect(server.target, { ...options, closeTimeoutMs: 0 })
    await timeOut(client, 'a')
    await client.close()
    expect(server.peers).toHaveLength(1)
  })

  it('is not replaced without `reconnect`, and the error says why', async () => {
    await using server = await ScriptedServer.start(silentAtFirst([]))
    await using client = await connect(server.target, { ...options, reconnect: false })
    await timeOut(client, 'a')
    await timeOut(client, 'b')
    await expect(client.greet('c')).rejects.toMatchObject({ code: 'CONNECTION_LOST', executed: 'never' })
    await expect(client.greet('c')).rejects.toThrow('the server has gone silent and answers no PING')
  })
})

describe('a server that is slow but alive', () => {
  it('keeps its connection', async () => {
    await using server = await ScriptedServer.start(async (peer) => {
      await peer.welcome()
      for (;;) {
        // oxlint-disable-next-line no-await-in-loop
        const { type, id } = await peer.frame()
        if (type === 0x06) peer.send(pong(id))
      }
    })
    let heard = Promise.withResolvers<void>()
    const trace = ({ stage }: TraceEvent): void => {
      if (stage === 'receive') heard.resolve()
    }
    await using client = await connect(server.target, { ...options, trace })
    for (let round = 0; round < 10; round++) {
      heard = Promise.withResolvers()
      // oxlint-disable no-await-in-loop
      await timeOut(client, 'a')
      const behindThePing = codeOf(client.greet('b'))
      vi.advanceTimersByTime(500)
      await heard.promise
      vi.advanceTimersByTime(500)
      expect(await behindThePing).toBe('TIMED_OUT')
      // oxlint-enable no-await-in-loop
    }
    expect(server.peers).toHaveLength(1)
  })
})
