/** Who may listen where: one server a port, in this process and among processes; socket paths. */

import { once } from 'node:events'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import { greeting, name } from './frames.ts'
import { Puppet } from './puppet.ts'
import { dial, failure, open, start } from './rig.ts'
import { startProcess } from './server-process.ts'
import { MODELS, type Target } from './target.ts'

const MODEL_PAIRS = MODELS.flatMap((first) => MODELS.map((second) => [first, second] as const))
const IN_USE = 'it is in use; stop the program that listens there, or choose another port (0 picks a free one)'

/** What every server does about its ports. */
export function testPorts(target: Target): void {
  describe('a port', () => {
    it.each(MODEL_PAIRS)('that a %s server has is refused to a second one in %s', async (one, other) => {
      const server = await start(target, { threading: one })
      const port = Number(new URL(server.address).port)
      const error = await failure(target.serve({ port, threading: other, threads: 1 }))
      expect(error).toMatchObject({ name: 'ListenError', code: 'EADDRINUSE' })
      expect(error.message).toBe(`Cannot listen on ${server.address}: ${IN_USE}`)
      // A second server that got in would take some of these.
      for (let connection = 0; connection < 10; connection++) {
        const wire = await open(server.address)
        expect(await wire.send(name(1, 'Ada')).frame()).toEqual(greeting(1, 'Hello Ada'))
        wire.close()
      }
    })

    it.each(MODEL_PAIRS)('that a %s server has is refused to another process in %s', async (one, other) => {
      const server = await start(target, { threading: one })
      const port = Number(new URL(server.address).port)
      const second = await startProcess(target, { port, threading: other, threads: 1 })
      expect(second.line).toBe(`ListenError: Cannot listen on ${server.address}: ${IN_USE}`)
    })

    it.each(MODELS)('that another process has is refused in %s', async (threading) => {
      const first = await startProcess(target, { port: 0, threads: 1, threading: 'shard' })
      const port = Number(new URL(first.line).port)
      const error = await failure(target.serve({ port, threading, threads: 1 }))
      expect(error.message).toBe(`Cannot listen on ${first.line}: ${IN_USE}`)
    })

    it('for which shards are about to start is refused to others that start meanwhile', async () => {
      using puppet = new Puppet()
      const file = puppet.file()
      const free = await start(target)
      const port = Number(new URL(free.address).port)
      await free.close()
      const first = start(target, { port, threading: 'shard', greeter: startsLate(file) })
      await puppet.blocked(file)
      const error = await failure(target.serve({ port, threading: 'shard', threads: 1 }))
      expect(error.message).toBe(`Cannot listen on ${free.address}: ${IN_USE}`)
      puppet.unblock(file)
      const wire = await open((await first).address)
      expect(await wire.send(name(1, 'Ada')).frame()).toEqual(greeting(1, 'Ada'))
      await (await first).close({ drainMs: 0 })
      expect((await start(target, { port, threading: 'shard' })).address).toBe(free.address)
    })

    it('that another program takes while shards load their greeter is refused as one in use', async () => {
      using puppet = new Puppet()
      const file = puppet.file()
      const free = await start(target)
      const port = Number(new URL(free.address).port)
      await free.close()
      const refusal = failure(target.serve({ port, threading: 'shard', threads: 1, greeter: startsLate(file) }))
      await puppet.blocked(file)
      const program = createServer().listen(port, '127.0.0.1')
      onTestFinished(() => void program.close())
      await once(program, 'listening')
      puppet.unblock(file)
      expect(await refusal).toMatchObject({ name: 'ListenError', code: 'EADDRINUSE' })
      expect((await refusal).message).toBe(`Cannot listen on ${free.address}: ${IN_USE}`)
    })

    it.each(MODELS)('of the text protocol that is taken leaves the framed one free in %s', async (threading) => {
      const server = await start(target, { threading })
      const free = await start(target, { threading })
      const taken = { textPort: Number(new URL(server.address).port), port: Number(new URL(free.address).port) }
      await free.close()
      const error = await failure(target.serve({ ...taken, threading, threads: 1 }))
      expect(error).toMatchObject({ name: 'ListenError', code: 'EADDRINUSE' })
      await expect(dial(free.address)).rejects.toThrow('ECONNREFUSED')
    })

    it.each(MODELS)('is told with its host as it was given in %s', async (threading) => {
      const server = await start(target, { host: 'localhost', port: 0, threading })
      expect(server.address).toMatch(/^tcp:\/\/localhost:\d+$/)
      const wire = await open(server.address)
      expect(await wire.send(name(1, 'Ada')).frame()).toEqual(greeting(1, 'Hello Ada'))
    })

    it.each(MODELS)('of an address that this machine lacks is refused in %s', async (threading) => {
      const error = await failure(target.serve({ host: '192.0.2.1', port: 0, threading, threads: 1 }))
      expect(error).toMatchObject({ name: 'ListenError', code: 'EADDRNOTAVAIL' })
      expect(error.message).toContain('this machine has no such address')
    })
  })

  describe('a socket path', () => {
    it('is served by a pool, told in full, and gone after close', async () => {
      using puppet = new Puppet()
      const unix = puppet.file()
      const server = await start(target, { unix: relative(process.cwd(), unix) })
      expect(server).toMatchObject({ address: `unix://${unix}`, threading: 'pool' })
      const wire = await open(server.address)
      expect(await wire.send(name(1, 'Ada')).frame()).toEqual(greeting(1, 'Hello Ada'))
      wire.close()
      await server.close()
      expect(existsSync(unix)).toBe(false)
    })

    it('is refused to shards', async () => {
      const error = await failure(target.serve({ unix: '/tmp/greetwire.sock', threading: 'shard' }))
      expect(`${error}`).toBe(
        'UsageError: Cannot use threading "shard": only one thread can listen on a socket path; use "pool" or "auto"',
      )
    })

    it('that a killed server left behind is taken over', async () => {
      using puppet = new Puppet()
      const unix = puppet.file()
      const killed = await startProcess(target, { unix, threads: 1 })
      await killed.kill()
      expect(existsSync(unix)).toBe(true)
      const wire = await open((await start(target, { unix })).address)
      expect(await wire.send(name(1, 'Ada')).frame()).toEqual(greeting(1, 'Hello Ada'))
    })

    it('where somebody listens is refused and left alone', async () => {
      using puppet = new Puppet()
      const unix = puppet.file()
      const server = await start(target, { unix })
      const error = await failure(target.serve({ unix, threads: 1 }))
      expect(error).toMatchObject({ name: 'ListenError', code: 'EADDRINUSE' })
      expect(error.message).toBe(
        `Cannot listen on unix://${unix}: it is in use; stop the program that listens there, or choose another path`,
      )
      const wire = await open(server.address)
      expect(await wire.send(name(1, 'Ada')).frame()).toEqual(greeting(1, 'Hello Ada'))
      expect(existsSync(unix)).toBe(true)
    })

    it('that is a file of somebody is refused and left alone', async () => {
      using puppet = new Puppet()
      const unix = puppet.file()
      writeFileSync(unix, 'mine')
      const error = await failure(target.serve({ unix, threads: 1 }))
      expect(error.name).toBe('ListenError')
      expect(readFileSync(unix, 'utf8')).toBe('mine')
    })

    it('in a folder that does not exist is refused', async () => {
      const error = await failure(target.serve({ unix: '/nonexistent/greetwire.sock', threads: 1 }))
      expect(`${error}`).toBe(
        'ListenError: Cannot listen on unix:///nonexistent/greetwire.sock: its folder does not exist, or permission is ' +
          'denied; choose a path in a folder that you may write to',
      )
    })

    it('that is too long for the system is refused', async () => {
      const unix = `/tmp/${'x'.repeat(200)}`
      const error = await failure(target.serve({ unix, threads: 1 }))
      expect(`${error}`).toBe(
        `ListenError: Cannot listen on unix://${unix}: the path is longer than the system allows, about 100 bytes; choose a shorter one`,
      )
    })
  })
}

/** A greeter that is loaded once `file` exists, and says by `<file>.started` that it waits for that. */
function startsLate(file: string): URL {
  const module = `${file}.mjs`
  writeFileSync(
    module,
    `import { once } from 'node:events'
import { existsSync, writeFileSync } from 'node:fs'
    const file = ${JSON.stringify(file)}
    writeFileSync(file + '.started', '')
    while (!existsSync(file)) await new Promise((resolve) => setTimeout(resolve, 5))
    export default (name) => name`,
  )
  return pathToFileURL(module)
}
