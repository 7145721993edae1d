/** Starting and ending a server: addresses, the choice of a model, statistics, events, refusals. */

import { writeFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import { greeting, name } from './frames.ts'
import { PUPPET, Puppet } from './puppet.ts'
import { dial, EAGERLY, failure, keptLog, next, open, start } from './rig.ts'
import { MODELS, type Target } from './target.ts'
import { type Runtime, startServer } from '../../src/index.ts'

/** What every server does when it starts and ends. */
export function testStart(target: Target): void {
  describe('addresses', () => {
    it.each(MODELS)('picks a free port for port 0 in %s', async (threading) => {
      const server = await start(target, { threading, threads: 2, textPort: 0 })
      expect(server.address).toMatch(/^tcp:\/\/127\.0\.0\.1:[1-9]\d*$/)
      expect(server.textAddress).toMatch(/^tcp:\/\/127\.0\.0\.1:[1-9]\d*$/)
      expect(server.textAddress).not.toBe(server.address)
      expect(server).toMatchObject({ runtime: target.runtime, threading, threads: 2 })
      expect(await (await open(server.address)).send(name(1, 'Ada')).frame()).toEqual(greeting(1, 'Hello Ada'))
      expect(await (await dial(server.textAddress as string)).send('Ada\n').line()).toBe('Hello Ada')
    })

    it.each(MODELS)('puts an IPv6 address in brackets in %s', async (threading) => {
      const server = await start(target, { threading, host: '::1' })
      expect(server.textAddress).toBeUndefined()
      expect(server.address).toMatch(/^tcp:\/\/\[::1\]:[1-9]\d*$/)
      expect(await (await open(server.address)).send(name(1, 'Ada')).frame()).toEqual(greeting(1, 'Hello Ada'))
    })

    it.each(MODELS)('listens on every address for 0.0.0.0 in %s', async (threading) => {
      const server = await start(target, { threading, host: '0.0.0.0' })
      expect(server.address).toMatch(/^tcp:\/\/0\.0\.0\.0:[1-9]\d*$/)
      const wire = await open(server.address.replace('0.0.0.0', '127.0.0.1'))
      expect(await wire.send(name(1, 'Ada')).frame()).toEqual(greeting(1, 'Hello Ada'))
    })

    it.each(MODELS)('resolves localhost in %s', async (threading) => {
      const server = await start(target, { threading, host: 'localhost' })
      expect(await (await open(server.address)).send(name(1, 'Ada')).frame()).toEqual(greeting(1, 'Hello Ada'))
    })

    it.each(MODELS)('takes the same fixed port again at once after close in %s', async (threading) => {
      const first = await start(target, { threading })
      const wire = await open(first.address)
      const port = Number(new URL(first.address).port)
      await Promise.all([first.close({ drainMs: 0 }), wire.ended()])
      expect((await start(target, { threading, port })).address).toBe(first.address)
    })
  })

  describe('the model for "auto"', () => {
    it('is shard for the built-in greeting', async () => {
      expect((await start(target)).threading).toBe('shard')
    })

    it('is pool for a greeter of the user', async () => {
      expect((await start(target, { greeter: (who) => `Hi ${who}` })).threading).toBe('pool')
    })
  })

  describe('where threads cannot share a port', () => {
    const platform: Runtime = { ...target.platform, canSharePort: async () => false }

    it('shard is refused', async () => {
      const error = await failure(startServer(platform, { port: 0, threading: 'shard' }, () => {}))
      expect(String(error)).toBe(
        'UsageError: Cannot use threading "shard": this system cannot share a port between threads (SO_REUSEPORT); use "pool" or "auto"',
      )
    })

    it('auto is pool', async () => {
      const server = await startServer(platform, { port: 0, threads: 1 }, () => {})
      onTestFinished(() => server.close({ drainMs: 0 }))
      expect(server.threading).toBe('pool')
      expect(await (await open(server.address)).send(name(1, 'Ada')).frame()).toEqual(greeting(1, 'Hello Ada'))
    })
  })

  describe.each(MODELS)('statistics of %s', (threading) => {
    it('count connections, requests, bytes and greetings', async () => {
      const server = await start(target, { threading, threads: 2 })
      const first = await open(server.address)
      const second = await open(server.address)
      await first.send(name(1, 'Ada'), name(2, 'Grace')).frames(2)
      await second.send(name(1, 'Alan')).frame()
      // Each thread counts what it wrote once it is written, so the client may be faster.
      await expect
        .poll(() => server.stats(), EAGERLY)
        .toMatchObject({
          connectionsAccepted: 2,
          connectionsOpen: 2,
          connectionsRefused: 0,
          requests: 3,
          bytesSent: first.bytesReceived + second.bytesReceived,
          bytesReceived: first.socket.bytesWritten + second.socket.bytesWritten,
          threadsReady: 2,
          threadsLost: 0,
          queued: 0,
        })
      const { greetedByThread } = server.stats()
      expect(greetedByThread).toHaveLength(2)
      expect(greetedByThread.reduce((sum, count) => sum + count)).toBe(3)
      first.fin()
      await first.framesToFin()
      await expect.poll(() => server.stats(), EAGERLY).toMatchObject({ connectionsOpen: 1, connectionsAccepted: 2 })
    })
  })

  describe.each(MODELS)('events of %s', (threading) => {
    it('tell which thread was lost and which took its place', async () => {
      const server = await start(target, { threading, threads: 2, greeter: PUPPET })
      const lost = next(server, 'thread-lost')
      const ready = next(server, 'thread-ready')
      const wire = await open(server.address)
      wire.send(name(1, 'exit'))
      const { index, loss } = await lost
      expect(loss).toBe('exit')
      expect(server.stats()).toMatchObject({ threadsReady: 1, threadsLost: 1 })
      expect(await ready).toEqual({ index })
      expect(server.stats()).toMatchObject({ threadsReady: 2, threadsLost: 1 })
    })

    it('come with one line in the log that says what the thread threw', async () => {
      const { lines, log } = keptLog()
      const server = await start(target, { threading, greeter: throwsLater, log })
      const lost = next(server, 'thread-lost')
      ;(await open(server.address)).send(name(1, 'Ada'))
      await lost
      expect(lines).toEqual([
        String.raw`error: thread 0 is lost: it threw TypeError: two\u000alines \u001b[31m; another starts in 100 ms`,
      ])
    })

    it('reach the other listeners when one throws, and none that was removed', async () => {
      const { lines, log } = keptLog()
      const server = await start(target, { threading, greeter: PUPPET, log })
      const heard: string[] = []
      server.on('thread-lost', () => {
        throw new Error('listener on purpose')
      })
      server.on('thread-lost', () => void heard.push('removed'))()
      server.on('thread-lost', () => void heard.push('kept'))
      const lost = next(server, 'thread-lost')
      const wire = await open(server.address)
      wire.send(name(1, 'exit'))
      await lost
      expect(heard).toEqual(['kept'])
      expect(lines.filter((line) => line.includes('listener on purpose'))).toHaveLength(1)
    })
  })

  describe.each(MODELS)('the end of %s', (threading) => {
    it('comes with the scope of `await using`', async () => {
      let address = ''
      {
        await using server = await target.serve({ port: 0, threads: 1, threading })
        address = server.address
        ;(await open(address)).close()
      }
      await expect(dial(address)).rejects.toThrow('ECONNREFUSED')
    })

    it('is the same for everyone who closes, also afterwards', async () => {
      const server = await start(target, { threading })
      await expect(server.close({ drainMs: Number.NaN })).rejects.toThrow(
        'Cannot close the server: drainMs is NaN, allowed is a number from 0',
      )
      const first = server.close()
      expect(server.close({ drainMs: 0 })).toBe(first)
      await first
      await server.close()
      await expect(dial(server.address)).rejects.toThrow('ECONNREFUSED')
    })

    it('comes while a replacement thread is due', async () => {
      const server = await start(target, { threading, greeter: PUPPET })
      const lost = next(server, 'thread-lost')
      ;(await open(server.address)).send(name(1, 'exit'))
      await lost
      await server.close({ drainMs: 0 })
      await expect(dial(server.address)).rejects.toThrow('ECONNREFUSED')
    })

    it('comes while a replacement thread starts', async () => {
      using puppet = new Puppet()
      const file = puppet.file()
      const server = await start(target, { threading, greeter: startsOnce(file) })
      ;(await open(server.address)).send(name(1, 'exit'))
      await puppet.blocked(file)
      await server.close({ drainMs: 0 })
      await expect(dial(server.address)).rejects.toThrow('ECONNREFUSED')
    })
  })

  describe('options', () => {
    const refused: [string, object, string][] = [
      ['a port above the largest', { port: 65_536 }, 'port is 65536, allowed is an integer from 0 to 65535'],
      ['a port that is no number', { port: '4356' }, 'port is "4356", allowed is an integer from 0 to 65535'],
      ['no threads', { threads: 0 }, 'threads is 0, allowed is an integer from 1 to 1024'],
      ['a part of a thread', { threads: 1.5 }, 'threads is 1.5, allowed is an integer from 1 to 1024'],
      ['an unknown model', { threading: 'fork' }, 'threading is "fork", allowed is "auto", "shard", "pool"'],
      ['an unknown option', { prot: 1 }, 'there is no option "prot"'],
      ['an unknown option of TLS', { tls: { key: '', cert: '', pass: '' } }, 'there is no option "tls.pass"'],
      [
        'certificates of clients by no authority',
        { tls: { key: '', cert: '', requestCert: true } },
        'tls.requestCert needs tls.ca',
      ],
      ['a negative time', { idleTimeoutMs: -1 }, 'idleTimeoutMs is -1, allowed is an integer from 0 to 4294967295'],
      ['names above payloads', { maxName: 5_000, maxPayload: 4_096 }, 'maxName is 5000, above maxPayload 4096'],
      ['an agent with a newline', { agent: 'a\nb' }, 'agent holds a control character or a lone surrogate'],
      ['one port for both protocols', { port: 4_000, textPort: 4_000 }, 'port and textPort are both 4000'],
    ]
    it.each(refused)('refuses %s', async (_what, options, message) => {
      const error = await failure(target.serve(options))
      expect(error.name).toBe('UsageError')
      expect(error.message).toContain(`Cannot start the server: ${message}`)
    })

    it('takes undefined as the default', async () => {
      const server = await start(target, { host: undefined, textPort: undefined } as object)
      expect(server.address).toMatch(/^tcp:\/\/127\.0\.0\.1:/)
    })
  })
}

/** A greeter that is done when it throws, so that nobody catches it. It is sent to threads as its text. */
function throwsLater(given: string): string {
  setTimeout(() => {
    throw new TypeError('two\nlines \u001b[31m')
  })
  return given
}

/** A greeter whose first thread starts; the next says `<file>.started` and is never ready. The name `exit` ends its thread. */
function startsOnce(file: string): URL {
  const module = `${file}.mjs`
  writeFileSync(
    module,
    `import { existsSync, writeFileSync } from 'node:fs'
    const file = ${JSON.stringify(file)}
    if (existsSync(file)) {
      writeFileSync(file + '.started', '')
      await new Promise(() => {})
    }
    writeFileSync(file, '')
    export default (name) => (name === 'exit' ? process.exit(3) : name)`,
  )
  return pathToFileURL(module)
}
