/** What a server shows of its sockets to who asks: every stage by its name, in the order in which it happens. */

import { describe, expect, it } from 'vitest'
import { greeting, hello, join, name } from './frames.ts'
import { PUPPET, Puppet } from './puppet.ts'
import { dial, EAGERLY, keptLog, open, start } from './rig.ts'
import type { TraceEvent } from '../../src/index.ts'
import { MODELS, type Target } from './target.ts'

/** How every server traces. */
export function testTrace(target: Target): void {
  describe.each(MODELS)('trace of %s', (threading) => {
    it('shows the stages of the listening socket', async () => {
      const events: TraceEvent[] = []
      const server = await start(target, { threading, trace: (event) => events.push(event) })
      const { address } = server
      await server.close()
      const thread = threading === 'pool' ? undefined : 0
      const shared = threading === 'pool' ? '' : ', SO_REUSEPORT'
      expect(events).toEqual([
        { stage: 'socket', thread, protocol: 'framed', text: `a TCP socket${shared}` },
        { stage: 'bind', thread, protocol: 'framed', text: `to ${address}` },
        { stage: 'listen', thread, protocol: 'framed', text: `on ${address}` },
        { stage: 'close', thread, protocol: 'framed', text: `no longer listening on ${address}` },
      ])
    })

    it('shows the stages of each connection with its bytes', async () => {
      const events: TraceEvent[] = []
      const server = await start(target, { threading, textPort: 0, trace: (event) => events.push(event) })
      const wire = await open(server.address)
      const { localPort } = wire.socket
      await wire.send(name(1, 'Ada')).frame()
      wire.fin()
      await wire.framesToFin()
      const text = await dial(server.textAddress as string)
      await text.send('Ada\n').line()
      text.fin()
      await text.textToFin()
      await server.close()

      const framed = events.filter(({ connection, protocol }) => connection === 1 && protocol === 'framed')
      expect(stages(framed)).toEqual(['accept', 'receive', 'send', 'receive', 'send', 'receive', 'close'])
      expect(bytesOf(framed, 'receive')).toEqual(join(hello(), name(1, 'Ada')))
      expect(bytesOf(framed, 'send')).toHaveLength(wire.bytesReceived)
      expect(framed[0]?.text).toBe(`from 127.0.0.1:${localPort}`)

      const plain = events.filter(({ connection, protocol }) => connection === 1 && protocol === 'text')
      expect(stages(plain)).toEqual(['accept', 'receive', 'send', 'receive', 'close'])
      expect(bytesOf(plain, 'receive')).toEqual(new TextEncoder().encode('Ada\n'))
      expect(bytesOf(plain, 'send')).toEqual(new TextEncoder().encode('Hello Ada\n'))
    })

    it('names an IPv6 peer as its address does', async () => {
      const events: TraceEvent[] = []
      const server = await start(target, { threading, host: '::1', trace: (event) => events.push(event) })
      const wire = await open(server.address)
      await expect
        .poll(() => events.find(({ stage }) => stage === 'accept')?.text, EAGERLY)
        .toBe(`from [::1]:${wire.socket.localPort}`)
    })

    it('numbers the connections of a thread and ends each with one close', async () => {
      const events: TraceEvent[] = []
      const server = await start(target, { threading, trace: (event) => events.push(event) })
      const wires = [await open(server.address), await open(server.address), await open(server.address)]
      wires[0]?.fin()
      wires[1]?.reset()
      await wires[0]?.framesToFin()
      await server.close({ drainMs: 0 })
      for (const connection of [1, 2, 3]) {
        const own = stages(events.filter((event) => event.connection === connection))
        expect(own[0]).toBe('accept')
        expect(own.indexOf('close')).toBe(own.length - 1)
      }
      expect(events.filter(({ connection }) => connection !== undefined && connection > 3)).toEqual([])
    })

    it('that throws is told in the log and hurts nobody', async () => {
      const { lines, log } = keptLog()
      const server = await start(target, { threading, trace: throwOnPurpose, log })
      expect(await (await open(server.address)).send(name(1, 'Ada')).frame()).toEqual(greeting(1, 'Hello Ada'))
      await expect.poll(() => lines.filter((line) => line.includes('thrown on purpose')), EAGERLY).toHaveLength(1)
    })
  })

  it('names the socket path', async () => {
    using puppet = new Puppet()
    const unix = puppet.file()
    const events: TraceEvent[] = []
    const server = await start(target, { unix, trace: (event) => events.push(event) })
    const wire = await open(server.address)
    wire.close()
    await server.close()
    expect(events.filter(({ connection }) => connection === undefined).map(({ text }) => text)).toEqual([
      'a unix stream socket',
      `to unix://${unix}`,
      `on unix://${unix}`,
      `no longer listening on unix://${unix}`,
    ])
    expect(events.find(({ stage }) => stage === 'accept')?.text).toBe('from an unnamed socket')
  })

  describe.each(MODELS)('log of %s', (threading) => {
    it('that throws hurts nobody', async () => {
      const server = await start(target, { threading, greeter: PUPPET, log: throwOnPurpose })
      const wire = await open(server.address)
      wire.send(name(1, 'throw'), name(2, 'Ada'))
      expect(await wire.frames(2)).toMatchObject([{ code: 'GREETER_FAILED' }, greeting(2, 'Hello Ada')])
    })

    it('is silent while all is well', async () => {
      const { lines, log } = keptLog()
      const server = await start(target, { threading, log })
      const wire = await open(server.address)
      await wire.send(name(1, 'Ada')).frame()
      wire.reset()
      await server.close()
      expect(lines).toEqual([])
    })
  })
}

function throwOnPurpose(): never {
  throw new Error('thrown on purpose')
}

/** The stages in their order; the peer may see what it was sent as one piece or several, and so may the server. */
function stages(events: readonly TraceEvent[]): string[] {
  return events.map(({ stage }) => stage).filter((stage, index, all) => stage !== all[index - 1])
}

function bytesOf(events: readonly TraceEvent[], stage: TraceEvent['stage']): Uint8Array {
  return join(...events.flatMap((event) => (event.stage === stage && event.bytes ? [event.bytes] : [])))
}
