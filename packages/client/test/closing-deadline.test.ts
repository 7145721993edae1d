import { describe, expect, it } from 'vitest'
import { connect, type TraceEvent } from '../src/index.ts'
import type { Dialer, Link, LinkEvents } from '../src/dialer.ts'
import { goodbye, greeting, rawFrame, ScriptedServer, welcome } from './scripted-server.ts'

/** A link that welcomes the client, and whose server never reads what comes behind the HELLO. */
class StuckLink implements Link {
  busy = false
  readonly events: LinkEvents
  readonly stuck: Promise<void>
  readonly destroyed: Promise<void>
  #writes = 0
  readonly #stuck = Promise.withResolvers<void>()
  readonly #destroyed = Promise.withResolvers<void>()

  constructor(events: LinkEvents) {
    this.events = events
    this.stuck = this.#stuck.promise
    this.destroyed = this.#destroyed.promise
    setImmediate(() => {
      events.opened({ local: 'here', remote: 'there' })
      events.data(welcome())
    })
  }

  write(): void {
    this.#writes++
    if (this.#writes === 1) return
    this.busy = true
    this.#stuck.resolve()
  }

  halfClose(): void {
    throw new Error('A FIN is behind what is stuck')
  }

  destroy(): void {
    this.#destroyed.resolve()
    setImmediate(() => this.events.closed(undefined))
  }

  keepAlive(): void {}
}

function stuckDialer(): Dialer & { readonly links: StuckLink[] } {
  const links: StuckLink[] = []
  return {
    runtime: 'test',
    links,
    dial(_target, _tls, events) {
      const link = new StuckLink(events)
      links.push(link)
      return link
    },
  }
}

describe('a connection whose server does not read', () => {
  it('is closed at once when the server breaks the protocol', async () => {
    const dialer = stuckDialer()
    // Without a time limit, only the violation can end it.
    const client = await connect('tcp://127.0.0.1:1', { dialer, closeTimeoutMs: 0 })
    const greeted = client.greet('Ada').catch((error: { code: string }) => error.code)
    await dialer.links[0]?.stuck
    dialer.links[0]?.events.data(rawFrame(0x06, 0))
    expect(await greeted).toBe('BAD_SERVER')
    await dialer.links[0]?.destroyed
    await client.close()
  })

  it('is given up after closeTimeoutMs when the server has let it go', async () => {
    const dialer = stuckDialer()
    const client = await connect('tcp://127.0.0.1:1', { dialer, closeTimeoutMs: 40 })
    const greeted = client.greet('Ada')
    await dialer.links[0]?.stuck
    const startedAt = performance.now()
    dialer.links[0]?.events.data(Buffer.concat([goodbye(1), greeting(1, 'Hello Ada')]))
    expect(await greeted).toBe('Hello Ada')
    await dialer.links[0]?.destroyed
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(39)
    await client.close()
  })
})

describe('a connection that the server has let go', () => {
  it('is given up after closeTimeoutMs when its last request has timed out and no FIN comes', async () => {
    await using server = await ScriptedServer.start(async (peer) => {
      peer.answersFin = false
      await peer.welcome()
      await peer.frame()
      peer.send(goodbye(1))
    })
    const closed = Promise.withResolvers<TraceEvent>()
    const trace = (event: TraceEvent): void => {
      if (event.stage === 'close') closed.resolve(event)
    }
    const client = await connect(server.target, { trace, timeoutMs: 40, closeTimeoutMs: 40 })
    await expect(client.greet('Ada')).rejects.toMatchObject({ code: 'TIMED_OUT' })
    expect(await closed.promise).toMatchObject({ reason: 'the client closed the connection' })
    await client.close()
  })
})
