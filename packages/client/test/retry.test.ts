import { afterEach, describe, expect, it, vi } from 'vitest'
import { type Client, connect, type ConnectOptions, type GreetOptions } from '../src/index.ts'
import { errorFrame, goodbye, greeting, type Peer, ScriptedServer } from './scripted-server.ts'

const quick: ConnectOptions = { backoffMinMs: 1, backoffMaxMs: 4, closeTimeoutMs: 200, timeoutMs: 5_000 }

afterEach(() => void vi.useRealTimers())

interface Told {
  readonly outcome: string
  /** How many connections the server saw. */
  readonly connections: number
  /** The names that arrived, over all connections. */
  readonly names: readonly string[]
}

/**
 * Greets "Ada" at a server that runs `first` on its first connection and answers on all others. `first` sees the first NAME
 * as read.
 */
async function greetThrough(
  first: (peer: Peer) => Promise<void> | void,
  options: ConnectOptions = {},
  greetOptions: GreetOptions = {},
  prepare: (client: Client) => void = () => undefined,
): Promise<Told> {
  const names: string[] = []
  await using server = await ScriptedServer.start(async (peer, connection) => {
    await peer.welcome()
    if (connection === 1) {
      names.push(await peer.word())
      await first(peer)
    }
    for (;;) {
      // oxlint-disable-next-line no-await-in-loop
      const word = await peer.word()
      names.push(word)
      peer.send(greeting(Number(word.split(' ')[1]), 'Hello again'))
    }
  })
  await using client = await connect(server.target, { ...quick, ...options })
  prepare(client)
  const outcome = await client
    .greet('Ada', greetOptions)
    .catch((error: { code: string; executed: string }) => `${error.code} ${error.executed}`)
  return { outcome, connections: server.peers.length, names }
}

describe('what was never executed is sent again without asking', () => {
  it('after OVERLOADED, on the same connection', async () => {
    const told = await greetThrough((peer) => peer.send(errorFrame(1, 0x0201, 5)))
    expect(told).toEqual({ outcome: 'Hello again', connections: 1, names: ['NAME 1 Ada', 'NAME 2 Ada'] })
  })

  it('not before the time that OVERLOADED asks for', async () => {
    const startedAt = performance.now()
    await greetThrough((peer) => peer.send(errorFrame(1, 0x0201, 80)))
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(79)
  })

  it('after a code of class 2 that nobody knows', async () => {
    expect(await greetThrough((peer) => peer.send(errorFrame(1, 0x82fe)))).toMatchObject({ outcome: 'Hello again' })
  })

  it('above the id of a GOODBYE, on a new connection', async () => {
    const told = await greetThrough((peer) => peer.send(goodbye(0)))
    expect(told).toEqual({ outcome: 'Hello again', connections: 2, names: ['NAME 1 Ada', 'NAME 1 Ada'] })
  })

  it('after an ERROR with id 0 that says to come later', async () => {
    const told = await greetThrough((peer) => {
      peer.send(errorFrame(0, 0x0081))
      peer.fin()
    })
    expect(told).toMatchObject({ outcome: 'Hello again', connections: 2 })
  })

  it.each([
    ['on the same connection', errorFrame(1, 0x0201, 1), ['NAME 1 Ada', 'NAME 2 Bob', 'NAME 3 Bob']],
    ['on a new one', goodbye(0), ['NAME 1 Ada', 'NAME 1 Bob', 'NAME 2 Bob']],
  ])('but not, %s, if a listener of `retry` aborts it', async (_, refusal, expected) => {
    const names: string[] = []
    await using server = await ScriptedServer.start(async (peer) => {
      await peer.welcome()
      for (;;) {
        // oxlint-disable-next-line no-await-in-loop
        const word = await peer.word()
        names.push(word)
        const id = Number(word.split(' ')[1])
        if (names.length === 1) peer.send(refusal)
        // Whatever was to be sent again before it has come once this one does.
        else if (names.length === 2) peer.send(errorFrame(id, 0x0201, 20))
        else peer.send(greeting(id, 'Hello'))
      }
    })
    await using client = await connect(server.target, quick)
    const controller = new AbortController()
    client.on('retry', ({ name }) => name === 'Ada' && controller.abort())
    await expect(client.greet('Ada', { signal: controller.signal })).rejects.toMatchObject({ code: 'ABORTED' })
    await client.greet('Bob')
    expect(names).toEqual(expected)
  })

  it('but no more often than `retries`', async () => {
    const told = await greetThrough((peer) => peer.send(errorFrame(1, 0x0201)), { retries: 0 })
    expect(told).toMatchObject({ outcome: 'OVERLOADED never', connections: 1 })
  })

  it('but not when its time would be over', async () => {
    const startedAt = performance.now()
    const told = await greetThrough((peer) => peer.send(errorFrame(1, 0x0201, 60_000)), {}, { timeoutMs: 4_000 })
    expect(told).toMatchObject({ outcome: 'OVERLOADED never' })
    expect(performance.now() - startedAt).toBeLessThan(4_000)
  })
})

describe('what may have been executed is sent again, once, only if it is idempotent', () => {
  const lose: readonly (readonly [string, (peer: Peer) => void, string])[] = [
    ['FIN', (peer) => peer.fin(), 'CONNECTION_LOST maybe'],
    ['a reset', (peer) => peer.reset(), 'CONNECTION_LOST maybe'],
    ['INTERNAL', (peer) => (peer.send(errorFrame(0, 0x0083)), peer.fin()), 'INTERNAL maybe'],
    ['THREAD_LOST', (peer) => peer.send(errorFrame(1, 0x0301)), 'THREAD_LOST maybe'],
  ]

  it.each(lose)('after %s', async (_, first, error) => {
    expect(await greetThrough(first)).toMatchObject({ outcome: error, names: ['NAME 1 Ada'] })
    expect(await greetThrough(first, {}, { idempotent: true })).toMatchObject({ outcome: 'Hello again' })
  })

  it('and not a second time; the error remembers the first', async () => {
    await using server = await ScriptedServer.start(async (peer, connection) => {
      await peer.welcome()
      await peer.frame()
      if (connection === 1) peer.reset()
      else peer.send(errorFrame(1, connection === 2 ? 0x0301 : 0x0104))
    })
    await using client = await connect(server.target, quick)
    const error: unknown = await client.greet('Ada', { idempotent: true }).catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'THREAD_LOST', executed: 'maybe', retryable: false })
    expect(server.peers).toHaveLength(2)
  })
})

it('what was sent twice is sent again as long as only one try may have been executed', async () => {
  const names: string[] = []
  await using server = await ScriptedServer.start(async (peer, connection) => {
    await peer.welcome()
    names.push(await peer.word())
    if (connection === 1) return peer.reset()
    peer.send(errorFrame(1, 0x0201))
    names.push(await peer.word())
    return peer.send(greeting(2, 'Hello again'))
  })
  await using client = await connect(server.target, quick)
  expect(await client.greet('Ada', { idempotent: true })).toBe('Hello again')
  expect(names).toEqual(['NAME 1 Ada', 'NAME 1 Ada', 'NAME 2 Ada'])
})

describe('nothing is sent again', () => {
  it.each([
    ['a code of class 1', (peer: Peer) => peer.send(errorFrame(1, 0x0104)), 'GREETER_TIMEOUT yes'],
    ['PROTOCOL_VIOLATION', (peer: Peer) => (peer.send(errorFrame(0, 0x0001)), peer.fin()), 'PROTOCOL_VIOLATION never'],
  ])('after %s, idempotent or not', async (_, first, outcome) => {
    expect(await greetThrough(first, {}, { idempotent: true })).toMatchObject({ outcome, names: ['NAME 1 Ada'] })
  })
})

describe('GOODBYE', () => {
  it('lets the old connection answer while a new one takes what follows', async () => {
    await using server = await ScriptedServer.start(async (peer, connection) => {
      await peer.welcome()
      if (connection === 2) return peer.serve()
      expect(await peer.word()).toBe('NAME 1 a')
      peer.send(goodbye(1))
      // The answer comes only when the new connection has answered.
      await server.peers[1]?.ended
      return undefined
    })
    await using client = await connect(server.target, quick)
    const said = new Promise((resolve) => client.on('goodbye', resolve))
    const first = client.greet('a')
    expect(await said).toMatchObject({ last: 1, name: 'SHUTTING_DOWN' })
    expect(await client.greet('b')).toBe('Hello b')
    server.peers[0]?.send(greeting(1, 'late'))
    expect(await first).toBe('late')
    await server.peers[0]?.ended
    expect(server.peers).toHaveLength(2)
  })

  it('to an idle client opens nothing until there is work', async () => {
    await using server = await ScriptedServer.start(async (peer, connection) => {
      await peer.welcome()
      if (connection === 1) {
        peer.send(goodbye(0, 0x0002))
        return
      }
      await peer.serve()
    })
    await using client = await connect(server.target, quick)
    await server.peers[0]?.ended
    expect(server.peers).toHaveLength(1)
    expect(await client.greet('a')).toBe('Hello a')
    expect(server.peers).toHaveLength(2)
  })
})

describe('without `reconnect`', () => {
  it('a client ends with its connection, and says why', async () => {
    await using server = await ScriptedServer.start(async (peer) => {
      await peer.welcome()
      await peer.frame()
      peer.send(goodbye(0))
    })
    await using client = await connect(server.target, { ...quick, reconnect: false })
    const ended = { code: 'GOODBYE', executed: 'never', source: 'connection' }
    await expect(client.greet('a')).rejects.toMatchObject(ended)
    await expect(client.greet('b')).rejects.toMatchObject(ended)
    await expect(client.greet('b')).rejects.toThrow('the server said goodbye, SHUTTING_DOWN')
    await expect(client.ping()).rejects.toMatchObject(ended)
    expect(server.peers).toHaveLength(1)
  })

  it.each<[string, (peer: Peer) => void]>([
    ['its connection ends', (peer) => (peer.send(errorFrame(1, 0x0201, 60_000)), peer.fin())],
    ['its connection drains already', (peer) => peer.send(goodbye(1), errorFrame(1, 0x0201))],
  ])('what is to be sent again fails when %s', async (_, first) => {
    const told = await greetThrough(first, { reconnect: false, timeoutMs: 0 })
    expect(told).toMatchObject({ connections: 1, names: ['NAME 1 Ada'] })
    expect(told.outcome).toMatch(/^(?:CONNECTION_LOST|GOODBYE|OVERLOADED) never$/)
  })

  it('nothing is sent again that a drained connection answers late', async () => {
    const drained = Promise.withResolvers<void>()
    const told = await greetThrough(
      async (peer) => {
        peer.send(goodbye(1))
        await drained.promise
        peer.send(errorFrame(1, 0x0201))
      },
      { reconnect: false },
      {},
      (client) => client.on('goodbye', () => setImmediate(drained.resolve)),
    )
    expect(told).toEqual({ outcome: 'OVERLOADED never', connections: 1, names: ['NAME 1 Ada'] })
  })

  it('nothing is sent a second time on another connection', async () => {
    const told = await greetThrough((peer) => peer.reset(), { reconnect: false }, { idempotent: true })
    expect(told).toMatchObject({ outcome: 'CONNECTION_LOST maybe', connections: 1 })
  })
})

describe('reconnecting', () => {
  it('tells of each connection and each retry', async () => {
    await using server = await ScriptedServer.start(async (peer, connection) => {
      await peer.welcome({ agent: `number ${connection}` })
      if (connection > 1) return peer.serve()
      await peer.frame()
      peer.send(goodbye(0))
      return undefined
    })
    const told: string[] = []
    await using client = await connect(server.target, quick)
    client.on('connect', ({ agent }) => told.push(agent))
    const stop = client.on('retry', ({ name, error }) => told.push(`${name} ${error.code}`))
    await client.greet('a')
    stop()
    expect(told).toEqual(['a GOODBYE', 'number 2'])
    expect(client.server.agent).toBe('number 2')
  })

  it('gives up when `retries` connections in a row failed, and tells the last reason', async () => {
    await using server = await ScriptedServer.start(async (peer, connection) => {
      if (connection === 1) return peer.welcome().then(() => peer.fin())
      peer.send(errorFrame(0, 0x0082, 1))
      return peer.fin()
    })
    await using client = await connect(server.target, { ...quick, retries: 3 })
    await server.peers[0]?.ended
    await expect(client.greet('a')).rejects.toMatchObject({ code: 'SERVER_FULL', executed: 'never', retryable: true })
    expect(server.peers.length).toBeLessThanOrEqual(5)
  })

  it('waits as long as SERVER_FULL asks for, also after a connection that was of use', async () => {
    let refusedAt = 0
    await using server = await ScriptedServer.start(async (peer, connection) => {
      await peer.welcome()
      if (connection > 1) return peer.serve()
      peer.send(greeting((await peer.frame()).id, 'of use'))
      await peer.frame()
      refusedAt = performance.now()
      peer.send(errorFrame(0, 0x0082, 100))
      return peer.fin()
    })
    await using client = await connect(server.target, quick)
    await expect(client.greet('a')).resolves.toBe('of use')
    await client.greet('b')
    expect(performance.now() - refusedAt).toBeGreaterThanOrEqual(99)
  })

  it('waits no longer than a minute, whatever SERVER_FULL asks for', async () => {
    await using server = await ScriptedServer.start(async (peer, connection) => {
      await peer.welcome()
      if (connection > 1) return peer.serve()
      peer.send(errorFrame(0, 0x0082, 0xffff_ffff))
      return peer.fin()
    })
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
    const closed = Promise.withResolvers<void>()
    await using client = await connect(server.target, {
      ...quick,
      trace: ({ stage }) => stage === 'close' && closed.resolve(),
    })
    await closed.promise
    const greeted = client.greet('a', { timeoutMs: 0 })
    vi.advanceTimersByTime(60_000)
    expect(await greeted).toBe('Hello a')
  })

  it('meets a server that accepts and hangs up at growing distances', async () => {
    const arrivals: number[] = []
    await using server = await ScriptedServer.start(async (peer) => {
      arrivals.push(performance.now())
      await peer.welcome()
      peer.fin()
    })
    await using client = await connect(server.target, { ...quick, backoffMinMs: 20, backoffMaxMs: 1_000, retries: 4 })
    await expect(client.greet('a', { idempotent: true })).rejects.toMatchObject({ name: 'GreetError' })
    const distances = arrivals.slice(1).map((time, index) => time - (arrivals[index] as number))
    expect(arrivals.length).toBeLessThanOrEqual(6)
    distances.forEach((distance, index) => expect(distance).toBeGreaterThanOrEqual(10 * 2 ** index - 1))
  })

  it('tells the last reason too if the time of a call ends before a connection is there', async () => {
    const server = await ScriptedServer.start(async (peer) => {
      await peer.welcome()
      await peer.serve()
    })
    const closed = Promise.withResolvers<void>()
    await using client = await connect(server.target, {
      ...quick,
      retries: 1_000,
      trace: ({ stage }) => stage === 'close' && closed.resolve(),
    })
    await client.greet('a')
    await server[Symbol.asyncDispose]()
    await closed.promise
    const error: unknown = await client.greet('b', { timeoutMs: 200 }).catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'TIMED_OUT', executed: 'never', retryable: true })
    expect(error).toMatchObject({ cause: { code: 'CONNECT_FAILED' } })
    expect((error as Error).message).toMatch(/: no connection in time; cannot connect to .*ECONNREFUSED.*; check that /)
  })

  it('finds a server that comes back', async () => {
    const first = await ScriptedServer.start(
      async (peer) => {
        await peer.welcome()
        await peer.serve()
      },
      { unix: socketPath },
    )
    await using client = await connect(first.target, { ...quick, retries: 100 })
    expect(await client.greet('a')).toBe('Hello a')
    await first[Symbol.asyncDispose]()
    const waiting = client.greet('b', { idempotent: true })
    await using second = await ScriptedServer.start(
      async (peer) => {
        await peer.welcome()
        await peer.serve()
      },
      { unix: socketPath },
    )
    expect(await waiting).toBe('Hello b')
    expect(second.peers).toHaveLength(1)
  })
})

const socketPath = `${process.env['TMPDIR'] ?? '/tmp'}/greetwire-retry-${process.pid}.sock`
