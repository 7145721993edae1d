/** The port for people with nc: what a line is, in which order replies come, and what is refused. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ServeOptions, Server } from '@greetwire/server-core'
import { keepWriting, readSlowly } from './busy-client.ts'
import { text } from './frames.ts'
import { PUPPET, Puppet } from './puppet.ts'
import { dial, EAGERLY, start } from './rig.ts'
import { MODELS, type Target } from './target.ts'
import { clientHello } from './tls-records.ts'
import { Wire } from './wire.ts'

/** So many that what the collector has not found yet makes no difference. */
const LINE_BYTES = 128 * 1_048_576
const NOT_OURS = '! PROTOCOL_VIOLATION not an HTTP or TLS port\n'

/** What every server does on its text port. */
export function testTextPort(target: Target): void {
  describe.each(MODELS)('the text port in %s', (threading) => {
    /** For the tests that need nothing special and leave nothing behind. */
    let shared: Server
    beforeAll(async () => {
      shared = await target.serve({ port: 0, textPort: 0, threads: 1, threading, greeter: PUPPET, log: () => {} })
    })
    afterAll(() => shared.close({ drainMs: 0 }))
    const connect = (server = shared): Promise<Wire> => dial(server.textAddress as string)
    const serve = (options: ServeOptions = {}): Promise<Server> =>
      start(target, { threading, textPort: 0, greeter: PUPPET, ...options })

    it('greets each line, whatever ends it and however it is cut', async () => {
      const inputs: [string, string][] = [
        ['Ada\n', 'Hello Ada\n'],
        ['Ada\r\nGrace\r\n', 'Hello Ada\nHello Grace\n'],
        ['Ada\0Grace\0', 'Hello Ada\nHello Grace\n'],
        ['Ada', 'Hello Ada\n'],
        ['Ada\r', 'Hello Ada\n'],
        ['Ada'.padEnd(1_024, '\0'), 'Hello Ada\n'],
        ['Ada'.padEnd(1_024, '\0') + 'Zoë\n', 'Hello Ada\nHello Zoë\n'],
        ['\n\r\n\0\nAda\n\n', 'Hello Ada\n'],
        ['', ''],
        ['\0'.repeat(5_000), ''],
      ]
      for (const [input, replies] of inputs) {
        const [whole, bytewise] = [await connect(), await connect()]
        whole.send(input).fin()
        expect(await whole.textToFin()).toBe(replies)
        await bytewise.sendBytewise(text(input))
        bytewise.fin()
        expect(await bytewise.textToFin()).toBe(replies)
      }
    })

    it('answers a zero-padded buffer while the client keeps its side open', async () => {
      const wire = await connect()
      for (const each of ['Ada', 'Grace'])
        expect(await wire.send(each.padEnd(1_024, '\0')).line()).toBe(`Hello ${each}`)
    })

    it('keeps the order of the lines, whichever greeter ends first', async () => {
      using puppet = new Puppet()
      const wire = await connect()
      const [first, second] = [puppet.key(), puppet.key()]
      wire.send(`hold ${first}\nAda\nhold ${second}\nlater Grace\n\n${'x'.repeat(1_025)}\nBob\n`).fin()
      await Promise.all([puppet.started(first), puppet.started(second)])
      puppet.release(second)
      puppet.release(first)
      expect((await wire.textToFin()).replace(/(?<=NAME_TOO_LONG) .*/, '')).toBe(
        `Released ${first}\nHello Ada\nReleased ${second}\nLater Grace\n! NAME_TOO_LONG\nHello Bob\n`,
      )
    })

    it('answers thousands of lines with few places, to a slow reader, before its FIN', async () => {
      const server = await serve({ maxInFlight: 3 })
      const wire = await connect(server)
      readSlowly(wire)
      const names = Array.from({ length: 3_000 }, (_, index) => `${index % 50 === 0 ? 'later ' : ''}${index}`)
      wire.send(`${names.join('\n')}\n`).fin()
      expect(await wire.textToFin()).toBe(
        names.map((each) => (each.startsWith('later') ? `L${each.slice(1)}\n` : `Hello ${each}\n`)).join(''),
      )
    })

    it('answers what the greeter does wrong by its code and goes on', async () => {
      const wire = await connect()
      const wrong = ['throw', 'control', 'bang', 'surrogate-later', 'nothing']
      wire.send(`${wrong.join('\n')}\nlong 5000\n\u0001\nAda\n`).fin()
      const codes = (await wire.textToFin()).split('\n').map((line) => line.replace(/^(! \S+) \S.*/, '$1'))
      expect(codes).toEqual([
        ...wrong.map(() => '! GREETER_FAILED'),
        '! GREETING_TOO_LONG',
        '! INVALID_NAME',
        'Hello Ada',
        '',
      ])
    })

    it('forgets the bytes of a line without end and answers at its end', async () => {
      const wire = await connect()
      const before = process.memoryUsage().rss
      const writing = keepWriting(wire, new Uint8Array(65_536).fill(0x78), LINE_BYTES)
      await expect.poll(() => writing.bytes, EAGERLY).toBe(LINE_BYTES)
      expect(process.memoryUsage().rss - before).toBeLessThan(LINE_BYTES * 0.75)
      expect(await wire.send('\n').line()).toMatch(/^! NAME_TOO_LONG /)
      expect(await wire.send('Ada\n').line()).toBe('Hello Ada')
    })

    it('refuses HTTP and TLS, and says so to clients that keep writing', async () => {
      const inputs = [text('GET / HTTP/1.1\r\n'), text('CONNECT x:1'), text('\n\0OPTIONS *'), clientHello(0x0303)]
      for (const input of [...inputs, ...inputs, ...inputs]) {
        const wire = await connect()
        wire.send(input)
        keepWriting(wire, text('Host: localhost\r\n'.repeat(1_000)))
        expect(await wire.textToFin()).toBe(NOT_OURS)
        wire.close()
      }
    })

    it('greets a person called "GET /x" in any line but the first', async () => {
      const wire = await connect()
      expect(await wire.send('Ada\nGET /x\n').fin().textToFin()).toBe('Hello Ada\nHello GET /x\n')
    })

    it('answers what is in flight when the server shuts down, and discards later lines', async () => {
      using puppet = new Puppet()
      const server = await serve()
      const wire = await connect(server)
      const key = puppet.key()
      wire.send(`hold ${key}\n`)
      await puppet.started(key)
      const closed = server.close()
      // A connection refused shows that the drain has begun.
      await expect.poll(() => isOpen(server.textAddress as string), EAGERLY).toBe(false)
      wire.send('Grace\n')
      puppet.release(key)
      expect(await wire.textToFin()).toBe(`Released ${key}\n`)
      wire.close()
      await closed
    })

    it('refuses a connection too many, and takes one again when another has gone', async () => {
      const server = await serve({ maxConnections: 1 })
      const wire = await connect(server)
      expect(await wire.send('Ada\n').line()).toBe('Hello Ada')
      expect(await (await connect(server)).textToFin()).toMatch(/^! SERVER_FULL \S.*\n$/)
      wire.close()
      await expect.poll(() => server.stats().connectionsOpen, EAGERLY).toBe(0)
      expect(await (await connect(server)).send('Ada\n').line()).toBe('Hello Ada')
    })

    it('gives a line that does not end its time and no more, and says IDLE by FIN alone', async () => {
      const server = await serve({ frameTimeoutMs: 150, idleTimeoutMs: 150 })
      const [begun, idle] = [await connect(server), await connect(server)]
      const startedAt = performance.now()
      begun.send('Ada\nGra')
      expect(await begun.textToFin()).toMatch(/^Hello Ada\n! TIMEOUT \S.*\n$/)
      expect(performance.now() - startedAt).toBeGreaterThanOrEqual(150)
      expect(await idle.textToFin()).toBe('')
    })
  })
}

/** Whether a server takes connections. */
function isOpen(address: string): Promise<boolean> {
  return Wire.connect(address).then(
    (wire) => {
      wire.close()
      return true
    },
    () => false,
  )
}
