import { describe, expect, it } from 'vitest'
import { UsageError } from '@greetwire/protocol'
import { type Client, connect, type GreetAllOptions } from '../src/index.ts'
import { errorFrame, greeting, type Peer, pong, ScriptedServer, type WelcomeLimits } from './scripted-server.ts'

const quick = { closeTimeoutMs: 100, retries: 0 }

async function withServer(
  script: (peer: Peer) => Promise<void>,
  use: (client: Client, server: ScriptedServer) => Promise<void>,
  limits: WelcomeLimits = {},
): Promise<void> {
  await using server = await ScriptedServer.start(async (peer) => {
    await peer.welcome(limits)
    await script(peer)
  })
  await using client = await connect(server.target, quick)
  await use(client, server)
}

const serve = (peer: Peer): Promise<void> => peer.serve()

/** Answers in pairs, the second of each pair first; ERROR for names that begin with "bad". */
async function serveCrosswise(peer: Peer): Promise<void> {
  for (;;) {
    // oxlint-disable-next-line no-await-in-loop
    const pair = [await peer.frame(), await peer.frame()]
    for (const { id, payload } of pair.toReversed()) {
      const name = Buffer.from(payload).toString()
      peer.send(name.startsWith('bad') ? errorFrame(id, 0x0103) : greeting(id, `Hello ${name}`))
    }
  }
}

async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const collected: Item[] = []
  for await (const item of items) collected.push(item)
  return collected
}

function* broken(): Generator<string> {
  yield 'a'
  throw new Error('no more')
}

async function* brokenLater(): AsyncGenerator<string> {
  yield* broken()
}

function* mixed(closed: () => unknown): Generator {
  try {
    yield* ['a', 42, 'b']
  } finally {
    closed()
  }
}

async function* mixedLater(closed: () => unknown): AsyncGenerator {
  yield* mixed(closed)
}

const numbered = (count: number): string[] => Array.from({ length: count }, (_, index) => `name ${index}`)

describe('greetAll', () => {
  it.each<[string, Iterable<string> | AsyncIterable<string>]>([
    ['an array', numbered(1_000)],
    ['a set', new Set(numbered(1_000))],
    [
      'a generator',
      (function* generate() {
        yield* numbered(1_000)
      })(),
    ],
    [
      'an async generator',
      (async function* generate() {
        yield* numbered(1_000)
      })(),
    ],
    ['a stream', ReadableStream.from(numbered(1_000))],
  ])('greets every name of %s, in order', async (_, names) => {
    await withServer(serveCrosswise, async (client) => {
      const greeted = await collect(client.greetAll(names))
      expect(greeted).toEqual(numbered(1_000).map((name, index) => ({ index, name, greeting: `Hello ${name}` })))
    })
  })

  it('yields nothing for no names', async () => {
    await withServer(serve, async (client) => {
      expect(await collect(client.greetAll([]))).toEqual([])
    })
  })

  it('yields in the order of arrival if asked to', async () => {
    await withServer(serveCrosswise, async (client) => {
      const greeted = await collect(client.greetAll(['a', 'b', 'c', 'd'], { order: 'arrival' }))
      expect(greeted.map(({ index }) => index)).toEqual([1, 0, 3, 2])
    })
  })

  it('throws the first error at its place, and cancels the rest', async () => {
    await withServer(serveCrosswise, async (client) => {
      const seen: string[] = []
      const run = async (): Promise<void> => {
        for await (const { name } of client.greetAll(['a', 'b', 'bad', 'd'])) seen.push(name)
      }
      await expect(run()).rejects.toMatchObject({ code: 'GREETER_FAILED' })
      expect(seen).toEqual(['a', 'b'])
    })
  })

  it('yields errors in their places if asked to, those found here included', async () => {
    await withServer(serveCrosswise, async (client) => {
      const results = await collect(client.greetAll(['a', 'bad', '', 'x\ud800', 'd', 'e'], { errors: 'yield' }))
      expect(results.map(({ name, greeting: text, error }) => [name, text ?? error?.code])).toEqual([
        ['a', 'Hello a'],
        ['bad', 'GREETER_FAILED'],
        ['', 'INVALID_NAME'],
        ['x\ud800', 'INVALID_NAME'],
        ['d', 'Hello d'],
        ['e', 'Hello e'],
      ])
    })
  })

  it('throws what the source throws, behind the results in front of it', async () => {
    for (const names of [broken(), brokenLater()])
      // oxlint-disable-next-line no-await-in-loop
      await withServer(serve, async (client) => {
        const iteration = client.greetAll(names)
        expect((await iteration.next()).value).toMatchObject({ greeting: 'Hello a' })
        await expect(iteration.next()).rejects.toThrow('no more')
      })
  })

  it('refuses a name that is no string, and a concurrency that is none', async () => {
    await withServer(serve, async (client) => {
      await expect(collect(client.greetAll([7] as unknown as string[]))).rejects.toThrow('Cannot greet 7')
      expect(() => client.greetAll([], { concurrency: 0 })).toThrow('concurrency is 0')
    })
  })

  it.each([
    ['a string', 'Ada', 'names is a string; put the name in a list, or use greet'],
    ['nothing', undefined, 'names is of type undefined, allowed is an iterable of strings'],
    ['an object', { name: 'Ada' }, 'names is of type object, allowed is an iterable of strings'],
  ])('refuses %s in place of names', async (_, names, message) => {
    await withServer(serve, async (client) => {
      expect(() => client.greetAll(names as unknown as string[])).toThrow(
        new UsageError(`Cannot greet all: ${message}`),
      )
    })
  })

  it.each([
    ['a generator', mixed],
    ['an async generator', mixedLater],
  ])('closes %s that yields what is no string', async (_, source) => {
    await withServer(serve, async (client) => {
      let closed = false
      const iteration = client.greetAll(source(() => (closed = true)) as Iterable<string>)
      expect((await iteration.next()).value).toMatchObject({ greeting: 'Hello a' })
      await expect(iteration.next()).rejects.toThrow('Cannot greet 42: a name is a string')
      expect(closed).toBe(true)
    })
  })
})

/** Throws while it is closed. */
function* brokenInTheEnd(): Generator<string> {
  try {
    yield* ['a', 'bad', 'c', 'd']
  } finally {
    // The rule is against just what is tested here.
    // oxlint-disable-next-line no-unsafe-finally
    throw new Error('cannot close')
  }
}

describe('a source that throws while it is closed', () => {
  it('does not hide the error that closed it', async () => {
    await withServer(serveCrosswise, async (client) => {
      const iteration = client.greetAll(brokenInTheEnd(), { concurrency: 2 })
      await iteration.next()
      await expect(iteration.next()).rejects.toMatchObject({ code: 'GREETER_FAILED' })
    })
  })

  it('is heard by who leaves the loop', async () => {
    await withServer(serveCrosswise, async (client) => {
      const iteration = client.greetAll(brokenInTheEnd(), { concurrency: 2 })
      await iteration.next()
      await expect(iteration.return()).rejects.toThrow('cannot close')
    })
  })
})

/** Counts how many names were asked for, and whether the source was closed. */
function endless(): { names: Generator<string>; asked(): number; closed(): boolean } {
  let asked = 0
  let closed = false
  const names = (function* generate() {
    try {
      for (;;) yield `name ${asked++}`
    } finally {
      closed = true
    }
  })()
  return { names, asked: () => asked, closed: () => closed }
}

it('is never refused for what waits: its concurrency is the bound', async () => {
  await using server = await ScriptedServer.start(async (peer) => {
    await peer.welcome({ maxInFlight: 2 })
    await peer.serve()
  })
  await using client = await connect(server.target, { ...quick, maxQueued: 3 })
  const greeted = await collect(client.greetAll(numbered(200), { concurrency: 50 }))
  expect(greeted.map(({ name }) => name)).toEqual(numbered(200))
})

describe('an endless source', () => {
  it.each<GreetAllOptions>([{}, { order: 'arrival' }])('is read only as far as there is room %o', async (options) => {
    await withServer(serve, async (client) => {
      const source = endless()
      let seen = 0
      for await (const { greeting: text } of client.greetAll(source.names, { ...options, concurrency: 10 })) {
        expect(text).toMatch(/^Hello name/)
        seen++
        expect(source.asked() - seen).toBeLessThanOrEqual(20)
        if (seen === 500) break
      }
      expect(source.closed()).toBe(true)
      expect(await client.greet('still here')).toBe('Hello still here')
    })
  })

  it('stops asking while the consumer does not read', async () => {
    await withServer(serve, async (client) => {
      const source = endless()
      const iteration = client.greetAll(source.names, { concurrency: 10 })
      await iteration.next()
      for (let round = 0; round < 20; round++)
        // oxlint-disable-next-line no-await-in-loop
        await client.ping()
      expect(source.asked()).toBeLessThanOrEqual(21)
      await iteration.return()
      expect(source.closed()).toBe(true)
    })
  })

  it('is not read on and on behind one slow answer', async () => {
    await withServer(
      async (peer) => {
        const first = await peer.frame()
        for (let answered = 1; answered < 20; answered++) {
          // oxlint-disable-next-line no-await-in-loop
          const { id } = await peer.frame()
          peer.send(greeting(id, `${id}`))
        }
        expect(await peer.word()).toBe('PING 1')
        peer.send(pong(1), greeting(first.id, '1'))
        await peer.serve()
      },
      async (client) => {
        const source = endless()
        const iteration = client.greetAll(source.names, { concurrency: 10 })
        const next = iteration.next()
        while (source.asked() < 20)
          // oxlint-disable-next-line no-await-in-loop
          await new Promise((resolve) => setImmediate(resolve))
        await client.ping()
        expect(source.asked()).toBe(20)
        expect((await next).value).toMatchObject({ greeting: '1' })
        await iteration.return()
      },
    )
  })

  it('that does not answer does not hold up the end', async () => {
    await withServer(serve, async (client) => {
      let returned = 0
      const names: AsyncIterable<string> = {
        [Symbol.asyncIterator]: () => ({
          next: () => new Promise<never>(() => undefined),
          return: () => (returned++, new Promise<never>(() => undefined)),
        }),
      }
      const controller = new AbortController()
      const iteration = client.greetAll(names, { signal: controller.signal })
      const next = iteration.next()
      controller.abort(new Error('enough'))
      await expect(next).rejects.toMatchObject({ code: 'ABORTED', cause: new Error('enough') })
      expect(returned).toBe(1)
    })
  })

  it('that answers behind the end has its name not sent', async () => {
    await withServer(serve, async (client, server) => {
      const answer = Promise.withResolvers<IteratorResult<string>>()
      const names: AsyncIterable<string> = { [Symbol.asyncIterator]: () => ({ next: () => answer.promise }) }
      const controller = new AbortController()
      const next = client.greetAll(names, { signal: controller.signal }).next()
      controller.abort()
      await expect(next).rejects.toMatchObject({ code: 'ABORTED' })
      const before = server.peers[0]?.received.length ?? 0
      answer.resolve({ done: false, value: 'late' })
      await answer.promise
      await client.ping()
      expect(server.peers[0]?.received).toHaveLength(before + 8)
    })
  })
})

describe('leaving the loop', () => {
  it('cancels what is on its way, and nothing is left behind', async () => {
    const words: string[] = []
    await withServer(
      async (peer) => {
        peer.send(greeting((await peer.frame()).id, 'first'))
        for (;;) {
          // oxlint-disable-next-line no-await-in-loop
          const word = await peer.word()
          words.push(word)
          const id = Number(word.split(' ')[1])
          if (word.startsWith('CANCEL')) peer.send(errorFrame(id, 0x0106))
          if (word.endsWith('last')) peer.send(greeting(id, 'done'))
        }
      },
      async (client) => {
        for await (const { greeting: text } of client.greetAll(numbered(4))) {
          expect(text).toBe('first')
          break
        }
        expect(await client.greet('last')).toBe('done')
        expect(words).toEqual([
          'NAME 2 name 1',
          'NAME 3 name 2',
          'NAME 4 name 3',
          'CANCEL 2',
          'CANCEL 3',
          'CANCEL 4',
          'NAME 5 last',
        ])
      },
    )
  })

  it('by a signal throws at once, though answers are due', async () => {
    await withServer(
      async (peer) => {
        await peer.ended
      },
      async (client) => {
        const signal = AbortSignal.timeout(20)
        await expect(collect(client.greetAll(numbered(4), { signal }))).rejects.toMatchObject({ code: 'ABORTED' })
        const aborted = client.greetAll(numbered(4), { signal })
        await expect(aborted.next()).rejects.toMatchObject({ code: 'ABORTED' })
      },
    )
  })

  it('by a signal that has fired reads no name and sends none', async () => {
    await withServer(serve, async (client, server) => {
      const source = endless()
      const iteration = client.greetAll(source.names, { signal: AbortSignal.abort() })
      await expect(iteration.next()).rejects.toMatchObject({ code: 'ABORTED' })
      expect(source.asked()).toBe(0)
      const before = server.peers[0]?.received.length
      await client.ping()
      expect(server.peers[0]?.received).toHaveLength((before ?? 0) + 8)
    })
  })

  it('by a signal that fires between two results reads no further name', async () => {
    await withServer(serve, async (client) => {
      const source = endless()
      const controller = new AbortController()
      const iteration = client.greetAll(source.names, { signal: controller.signal, concurrency: 1 })
      await iteration.next()
      // Behind its PONG everything that was asked for is answered, so there is room.
      await client.ping()
      const asked = source.asked()
      controller.abort()
      await expect(iteration.next()).rejects.toMatchObject({ code: 'ABORTED' })
      expect(source.asked()).toBe(asked)
    })
  })

  it('happens by itself when the connection is lost', async () => {
    await withServer(
      async (peer) => {
        await peer.frame()
        peer.reset()
      },
      async (client) => {
        await expect(collect(client.greetAll(numbered(1_000)))).rejects.toMatchObject({ code: 'CONNECTION_LOST' })
      },
    )
  })
})

it('greets names that arrive one by one without waiting for more', async () => {
  await withServer(serve, async (client) => {
    const asked = new Set<(result: IteratorResult<string>) => void>()
    const names: AsyncIterable<string> = {
      [Symbol.asyncIterator]: () => ({ next: () => new Promise((resolve) => asked.add(resolve)) }),
    }
    const arrive = (result: IteratorResult<string>): void => {
      for (const resolve of asked) resolve(result)
    }
    const iteration = client.greetAll(names)
    for (const name of ['a', 'b', 'c']) {
      const next = iteration.next()
      arrive({ done: false, value: name })
      // oxlint-disable-next-line no-await-in-loop
      expect((await next).value).toMatchObject({ greeting: `Hello ${name}` })
    }
    const end = iteration.next()
    arrive({ done: true, value: undefined })
    expect((await end).done).toBe(true)
  })
})
