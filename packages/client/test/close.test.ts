import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { connect, type TraceEvent } from '../src/index.ts'
import { goodbye, greeting, rawFrame, ScriptedServer } from './scripted-server.ts'

describe('close', () => {
  it('waits for the answers, then half-closes and waits for the FIN of the server', async () => {
    await using server = await ScriptedServer.start(async (peer) => {
      await peer.welcome()
      const names = [await peer.word(), await peer.word()]
      expect(names).toEqual(['NAME 1 a', 'NAME 2 b'])
      peer.send(greeting(2, 'second'), greeting(1, 'first'))
    })
    const client = await connect(server.target)
    const greetings = Promise.all([client.greet('a'), client.greet('b')])
    const closing = client.close()
    await expect(client.greet('c')).rejects.toMatchObject({ code: 'CLIENT_CLOSED', executed: 'never' })
    await expect(client.ping()).rejects.toMatchObject({ code: 'CLIENT_CLOSED' })
    expect(await greetings).toEqual(['first', 'second'])
    await closing
    expect(client.close()).toBe(closing)
    await server.peers[0]?.ended
  })

  it('half-closes, and reads on until the FIN of the server', async () => {
    const order: string[] = []
    await using server = await ScriptedServer.start(async (peer) => {
      peer.answersFin = false
      await peer.welcome()
      await peer.ended
      await peer.sendBytewise(rawFrame(0x8a, 0, Buffer.alloc(20)))
      order.push('FIN')
      peer.fin()
    })
    const client = await connect(server.target)
    await client.close()
    order.push('closed')
    expect(order).toEqual(['FIN', 'closed'])
  })

  it('sends what waits for room before it half-closes', async () => {
    await using server = await ScriptedServer.start(async (peer) => {
      await peer.welcome({ maxInFlight: 1 })
      await peer.serve()
    })
    const client = await connect(server.target)
    const greetings = Promise.all(['a', 'b', 'c'].map((name) => client.greet(name)))
    await client.close()
    expect(await greetings).toEqual(['Hello a', 'Hello b', 'Hello c'])
  })

  it('gives up after closeTimeoutMs: no answer, no FIN, no promise is left', async () => {
    await using server = await ScriptedServer.start(async (peer) => {
      peer.answersFin = false
      await peer.welcome()
    })
    const client = await connect(server.target, { closeTimeoutMs: 40 })
    const startedAt = performance.now()
    const greeted = client.greet('a').catch((error: unknown) => error)
    await client.close()
    expect(await greeted).toMatchObject({ code: 'CLIENT_CLOSED', executed: 'maybe' })
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(39)
    const idle = await connect(server.target, { closeTimeoutMs: 40 })
    await idle.close()
  })

  it('closes connections that drain as well', async () => {
    await using server = await ScriptedServer.start(async (peer, connection) => {
      await peer.welcome()
      if (connection === 2) return peer.serve()
      await peer.frame()
      peer.send(goodbye(1))
      await peer.ended
      return undefined
    })
    const client = await connect(server.target, { closeTimeoutMs: 40 })
    const said = new Promise((resolve) => client.on('goodbye', resolve))
    const first = client.greet('a').catch((error: unknown) => error)
    await said
    expect(await client.greet('b')).toBe('Hello b')
    await client.close()
    expect(await first).toMatchObject({ code: 'CLIENT_CLOSED', executed: 'maybe' })
    await Promise.all(server.peers.map((peer) => peer.ended))
  })

  it('happens at the end of an `await using` block', async () => {
    await using server = await ScriptedServer.start(async (peer) => {
      await peer.welcome()
      await peer.serve()
    })
    {
      await using client = await connect(server.target)
      await client.greet('a')
    }
    await expect(server.peers[0]?.ended).resolves.toBeUndefined()
  })
})

describe('trace', () => {
  it('tells every stage of a socket, with its bytes', async () => {
    await using server = await ScriptedServer.start(async (peer) => {
      await peer.welcome()
      await peer.serve()
    })
    const events: TraceEvent[] = []
    const client = await connect(server.target, { trace: (event) => events.push(event) })
    await client.greet('Ada')
    await client.close()
    const stages = events.map(({ stage }) => stage)
    expect(stages).toEqual(['socket', 'connect', 'send', 'receive', 'send', 'receive', 'half-close', 'fin', 'close'])
    expect(events.at(-1)).toMatchObject({ reason: 'socket released' })
    const bytes = (wanted: string): number[] =>
      events.flatMap((event) => (event.stage === wanted && 'bytes' in event ? [...event.bytes] : []))
    expect(bytes('send')).toEqual(server.peers[0]?.received)
    expect(Buffer.from(bytes('receive')).toString()).toContain('Hello Ada')
    expect(events.every(({ connection }) => connection === 1)).toBe(true)
    expect(events[1]).toMatchObject({ remote: server.target.replace('tcp://', '') })
  })
})

describe('the end of a trace', () => {
  it('names the server when its FIN came first', async () => {
    await using server = await ScriptedServer.start(async (peer) => {
      await peer.welcome()
      peer.fin()
    })
    const events: TraceEvent[] = []
    const closed = Promise.withResolvers<void>()
    const trace = (event: TraceEvent): void => {
      events.push(event)
      if (event.stage === 'close') closed.resolve()
    }
    await using client = await connect(server.target, { trace })
    await closed.promise
    expect(events.slice(-2)).toMatchObject([{ stage: 'fin' }, { reason: 'the server closed the connection' }])
    await client.close()
  })
})

describe('a process with a client', () => {
  const module = new URL('../src/index.ts', import.meta.url).href
  const run = (target: string, code: string): Promise<{ stdout: string }> =>
    promisify(execFile)(
      process.execPath,
      [
        '-e',
        `import(${JSON.stringify(module)}).then(async ({ connect }) => {
      const client = await connect(${JSON.stringify(target)}, { connectTimeoutMs: 0, timeoutMs: 0 })
      ${code}
    })`,
      ],
      { timeout: 20_000 },
    )

  it('ends by itself while the client is idle', async () => {
    await using server = await ScriptedServer.start(async (peer) => {
      await peer.welcome()
      await peer.serve()
    })
    expect((await run(server.target, `console.log(await client.greet('Ada'))`)).stdout).toBe('Hello Ada\n')
  })

  it('stays until what it waits for has come', async () => {
    await using server = await ScriptedServer.start(async (peer) => {
      await peer.welcome()
      const { id } = await peer.frame()
      setTimeout(() => peer.send(greeting(id, 'at last')), 300)
    })
    expect((await run(server.target, `client.greet('Ada').then(console.log)`)).stdout).toBe('at last\n')
  })

  it('ends by itself after close', async () => {
    await using server = await ScriptedServer.start(async (peer) => {
      await peer.welcome()
      await peer.serve()
    })
    expect((await run(server.target, `await client.close(); console.log('closed')`)).stdout).toBe('closed\n')
  })
})
