import { afterEach, describe, expect, it } from 'vitest'
import { type Client, connect, type ConnectOptions, GreetError } from '../src/index.ts'
import { errorFrame, goodbye, greeting, type Peer, pong, rawFrame, ScriptedServer } from './scripted-server.ts'

const opened: AsyncDisposable[] = []
afterEach(async () => {
  for (const one of opened.splice(0).toReversed())
    // The client goes before its server.
    // oxlint-disable-next-line no-await-in-loop
    await one[Symbol.asyncDispose]()
})

/** A client of a server that runs `script` after the opening, on every connection. */
async function clientOf(script: (peer: Peer) => Promise<void> | void, options: ConnectOptions = {}): Promise<Client> {
  const server = await ScriptedServer.start(async (peer) => {
    await peer.welcome()
    await script(peer)
  })
  opened.push(server)
  const client = await connect(server.target, { closeTimeoutMs: 200, retries: 0, ...options })
  opened.push(client)
  return client
}

/** How a promise ended: its value, or the parts of its error that matter. */
async function outcomeOf(promise: Promise<string>): Promise<string> {
  return promise.catch((error: unknown) => {
    expect(error).toBeInstanceOf(GreetError)
    const { code, executed, retryable } = error as GreetError
    return `${code} ${executed}${retryable ? ' retryable' : ''}`
  })
}

describe('an answer', () => {
  it('settles the request of its id, in any order', async () => {
    const client = await clientOf(async (peer) => {
      for (const expected of ['NAME 1 a', 'NAME 2 b', 'NAME 3 c'])
        // oxlint-disable-next-line no-await-in-loop
        expect(await peer.word()).toBe(expected)
      peer.send(greeting(3, 'third'), greeting(1, 'first'), errorFrame(2, 0x0103))
    })
    expect(await Promise.all(['a', 'b', 'c'].map((name) => outcomeOf(client.greet(name))))).toEqual([
      'first',
      'GREETER_FAILED yes',
      'third',
    ])
  })

  it('is the same when it comes byte by byte, and among grease', async () => {
    const client = await clientOf(async (peer) => {
      await peer.frame()
      await peer.sendBytewise(
        Buffer.concat([rawFrame(0xfa, 9, Buffer.alloc(300)), greeting(1, 'Zoë'), rawFrame(0x8a, 1)]),
      )
    })
    expect(await client.greet('x')).toBe('Zoë')
  })

  it('may be ten thousand in one piece', async () => {
    const count = 10_000
    const client = await clientOf(async (peer) => {
      const answers: Uint8Array[] = []
      while (answers.length < count) {
        // oxlint-disable-next-line no-await-in-loop
        const { id } = await peer.frame()
        answers.push(greeting(id, `${id}`))
        if (id % 250 === 0) peer.send(...answers.slice(-250))
      }
    })
    const greetings = await Promise.all(Array.from({ length: count }, (_, index) => client.greet(`name ${index}`)))
    expect(greetings).toEqual(Array.from({ length: count }, (_, index) => String(index + 1)))
  })

  it.each([
    ['INVALID_NAME', 0x0101, 'INVALID_NAME never'],
    ['NAME_TOO_LONG', 0x0102, 'NAME_TOO_LONG never'],
    ['GREETER_FAILED', 0x0103, 'GREETER_FAILED yes'],
    ['GREETER_TIMEOUT', 0x0104, 'GREETER_TIMEOUT yes'],
    ['GREETING_TOO_LONG', 0x0105, 'GREETING_TOO_LONG yes'],
    ['CANCELLED', 0x0106, 'CANCELLED maybe'],
    ['OVERLOADED', 0x0201, 'OVERLOADED never retryable'],
    ['THREAD_LOST', 0x0301, 'THREAD_LOST maybe'],
    ['a code of class 1 that nobody knows', 0x01fe, '0x01fe maybe'],
    ['a code of class 2 that nobody knows', 0x02fe, '0x02fe never retryable'],
    ['a private code of class 2', 0x8201, '0x8201 never retryable'],
    ['a code of a reserved class', 0x0400, '0x0400 maybe'],
  ])('by %s is an error of that request only', async (_, code, expected) => {
    const client = await clientOf(async (peer) => {
      const { id } = await peer.frame()
      peer.send(errorFrame(id, code, 5))
      await peer.serve()
    })
    expect(await outcomeOf(client.greet('a'))).toBe(expected)
    expect(await client.greet('b')).toBe('Hello b')
  })

  it('with a hostile text is repaired', async () => {
    const client = await clientOf(async (peer) => {
      await peer.frame()
      peer.send(rawFrame(0x05, 1, Uint8Array.of(1, 3, 0, 0, 0, 0, 0x1b, 0x5b, 0xff, 0x41)))
    })
    await expect(client.greet('a')).rejects.toThrow('the server answered GREETER_FAILED "\ufffd[\ufffdA"')
  })
})

describe('requests', () => {
  it('all go out that the limit of the server allows, though no answer comes', async () => {
    const count = 256
    const client = await clientOf(async (peer) => {
      const ids: number[] = []
      // oxlint-disable-next-line no-await-in-loop
      while (ids.length < count) ids.push((await peer.frame()).id)
      peer.send(...ids.map((id) => greeting(id, 'x')))
    })
    const name = 'x'.repeat(1_000)
    expect(await Promise.all(Array.from({ length: count }, () => client.greet(name)))).toHaveLength(count)
  })
})

describe('a server that breaks the protocol', () => {
  it.each([
    ['an id that has no request', greeting(9, 'x')],
    ['a second answer', Buffer.concat([greeting(2, 'x'), greeting(2, 'x')])],
    ['a GREETING with id 0', greeting(0, 'x')],
    ['a request error with id 0', errorFrame(0, 0x0103)],
    ['a connection error with the id of a request', errorFrame(1, 0x0001)],
    ['a greeting that is not UTF-8', rawFrame(0x04, 1, Uint8Array.of(0xc0, 0x80))],
    ['a type that must be understood', rawFrame(0x3f, 0)],
    ["a client's frame", rawFrame(0x03, 1, Uint8Array.of(0x41))],
    ['a second WELCOME', rawFrame(0x02, 0, Uint8Array.of(0, 1, 4, 0, 0, 0, 16, 0, 0, 0, 1, 0, 0, 0, 0, 0))],
    ['a PONG nobody asked for', pong(0)],
    ['a first byte that is not 0', Uint8Array.of(0x48)],
    ['a GOODBYE above the last id', goodbye(3)],
  ])('by %s costs the connection; what was sent may have been executed', async (_, bytes) => {
    const client = await clientOf(async (peer) => {
      await peer.frame()
      await peer.frame()
      peer.send(bytes)
      await peer.ended
    })
    const [one, two] = await Promise.all([outcomeOf(client.greet('a')), outcomeOf(client.greet('b'))])
    expect(one).toBe('BAD_SERVER maybe')
    expect(['x', 'BAD_SERVER maybe']).toContain(two)
  })

  it('by a payload over our limit is found on the header alone', async () => {
    const client = await clientOf(
      async (peer) => {
        await peer.frame()
        peer.send(rawFrame(0x04, 1, new Uint8Array(4_097)).subarray(0, 8))
      },
      { maxPayload: 4_096 },
    )
    expect(await outcomeOf(client.greet('a'))).toBe('BAD_SERVER maybe')
  })
})

describe('the end of a connection', () => {
  it.each([
    ['FIN', (peer: Peer) => peer.fin()],
    ['a reset', (peer: Peer) => peer.reset()],
    ['FIN inside a frame', (peer: Peer) => (peer.send(greeting(1, 'cut').subarray(0, 9)), peer.fin())],
  ])('by %s settles every request', async (_, end) => {
    const client = await clientOf(async (peer) => {
      await peer.frame()
      await peer.frame()
      end(peer)
    })
    const outcomes = await Promise.all([client.greet('a'), client.greet('b')].map(outcomeOf))
    expect(outcomes).toEqual(['CONNECTION_LOST maybe', 'CONNECTION_LOST maybe'])
  })

  it('by FIN with answers in front of it settles those with their greeting', async () => {
    const client = await clientOf(async (peer) => {
      await peer.frame()
      await peer.frame()
      peer.send(greeting(2, 'b'))
      peer.fin()
    })
    const outcomes = await Promise.all([client.greet('a'), client.greet('b')].map(outcomeOf))
    expect(outcomes).toEqual(['CONNECTION_LOST maybe', 'b'])
  })

  it.each([
    ['PROTOCOL_VIOLATION', 0x0001, 'PROTOCOL_VIOLATION never'],
    ['TIMEOUT', 0x0081, 'TIMEOUT never retryable'],
    ['INTERNAL', 0x0083, 'INTERNAL maybe'],
    ['a code nobody knows', 0x00f0, '0x00f0 never retryable'],
  ])('by an ERROR with %s says whether requests were executed', async (_, code, expected) => {
    const client = await clientOf(async (peer) => {
      await peer.frame()
      peer.send(errorFrame(0, code))
      peer.fin()
    })
    expect(await outcomeOf(client.greet('a'))).toBe(expected)
  })

  it('settles pings', async () => {
    const client = await clientOf(async (peer) => {
      await peer.frame()
      peer.fin()
    })
    const error: unknown = await client.ping().catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'CONNECTION_LOST', executed: 'never', retryable: true })
    // There is nothing in a ping that could have been executed or not.
    expect(String(error)).toBe(`GreetError: Cannot ping at ${client.target}: the server closed the connection`)
  })
})

describe('a name', () => {
  it.each([
    ['a lone surrogate', 'a\ud800', 'INVALID_NAME', 'name holds a lone surrogate'],
    ['no character', '', 'INVALID_NAME', 'name is empty'],
    ['a control character', 'a\nb', 'INVALID_NAME', 'name holds a control character'],
    ['too many bytes', 'é'.repeat(513), 'NAME_TOO_LONG', 'name is 1026 bytes, limit is 1024'],
  ])('with %s is refused here and costs nothing', async (_, name, code, message) => {
    const client = await clientOf((peer) => peer.serve())
    const refused = client.greet(name)
    await expect(refused).rejects.toMatchObject({ code, source: 'client', executed: 'never', retryable: false })
    await expect(refused).rejects.toThrow(message)
    expect(await client.greet('b')).toBe('Hello b')
  })

  it('goes out as it is', async () => {
    const client = await clientOf((peer) => peer.serve())
    for (const name of [' Ada ', '\ufeffAda', 'e\u0301', '\u00e9', '👩‍👩‍👧', '\u202eAda', '__proto__', '%s', '\uffff'])
      // oxlint-disable-next-line no-await-in-loop
      expect(await client.greet(name)).toBe(`Hello ${name}`)
  })

  it('that is not a string is a mistake of the caller', async () => {
    const client = await clientOf((peer) => peer.serve())
    await expect(client.greet(42 as unknown as string)).rejects.toThrow('Cannot greet 42: a name is a string')
  })
})

describe('ping', () => {
  it('measures a round trip in milliseconds', async () => {
    const client = await clientOf((peer) => peer.serve())
    const milliseconds = await client.ping()
    expect(milliseconds).toBeGreaterThan(0)
    expect(milliseconds).toBeLessThan(5_000)
  })

  it('times out, and a late PONG harms nothing', async () => {
    const client = await clientOf(async (peer) => {
      const { id } = await peer.frame()
      const next = await peer.frame()
      peer.send(pong(id), greeting(next.id, 'after'))
    })
    await expect(client.ping({ timeoutMs: 20 })).rejects.toMatchObject({ code: 'TIMED_OUT', executed: 'never' })
    expect(await client.greet('a')).toBe('after')
  })
})
