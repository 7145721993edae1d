/** The end of a server that has connections: what is in flight is answered, what hangs is reset, nobody new comes in. */

import { describe, expect, it } from 'vitest'
import { error, goodbye, greeting, hello, name } from './frames.ts'
import { PUPPET, Puppet } from './puppet.ts'
import { dial, next, open, start } from './rig.ts'
import { MODELS, type Target } from './target.ts'
import type { Wire } from './wire.ts'

/** What every server does when it drains. */
export function testDrain(target: Target): void {
  describe.each(MODELS)('close of %s', (threading) => {
    it('answers what is in flight behind a GOODBYE with the last id', async () => {
      using puppet = new Puppet()
      const [first, last] = [puppet.key(), puppet.key()]
      const server = await start(target, { threading, greeter: PUPPET })
      const wire = await open(server.address)
      wire.send(name(3, `hold ${first}`), name(9, `hold ${last}`))
      await Promise.all([puppet.started(first), puppet.started(last)])
      const closed = server.close()
      expect(await wire.frame()).toEqual(goodbye(9, 'SHUTTING_DOWN'))
      // Too late: above the GOODBYE's id, so it is discarded.
      wire.send(name(10, 'Ada'))
      puppet.release(last)
      expect(await wire.frame()).toEqual(greeting(9, `Released ${last}`))
      puppet.release(first)
      wire.fin()
      expect(await wire.framesToFin()).toEqual([greeting(3, `Released ${first}`)])
      await closed
    })

    it('says GOODBYE with id 0 where nothing was asked, before and after HELLO', async () => {
      const server = await start(target, { threading })
      const silent = await dial(server.address)
      const greeted = await open(server.address)
      await expect.poll(() => server.stats().connectionsOpen).toBe(2)
      const closed = server.close()
      for (const wire of [silent, greeted]) {
        expect(await wire.frame()).toEqual(goodbye(0, 'SHUTTING_DOWN'))
        expect(await wire.framesToFin()).toEqual([])
        wire.close()
      }
      await closed
    })

    it('lets the text port finish its lines', async () => {
      using puppet = new Puppet()
      const key = puppet.key()
      const server = await start(target, { threading, textPort: 0, greeter: PUPPET })
      const wire = await dial(server.textAddress as string)
      wire.send(`hold ${key}\nAda\n`)
      await puppet.started(key)
      const closed = server.close()
      puppet.release(key)
      expect(await wire.textToFin()).toBe(`Released ${key}\nHello Ada\n`)
      wire.close()
      await closed
    })

    it('resets at the deadline what is still in flight', async () => {
      using puppet = new Puppet()
      const [first, second] = [puppet.key(), puppet.key()]
      const server = await start(target, { threading, greeter: PUPPET })
      const wires = [await open(server.address), await open(server.address)] as const
      wires[0].send(name(1, `hold ${first}`))
      wires[1].send(name(1, `hold ${second}`))
      await Promise.all([puppet.started(first), puppet.started(second)])
      await server.close({ drainMs: 50 })
      for (const wire of wires) {
        expect(await wire.framesToEnd()).toEqual({ frames: [goodbye(1, 'SHUTTING_DOWN')], end: 'reset' })
      }
    })

    it('waits as long as it takes if drainTimeoutMs is 0', async () => {
      using puppet = new Puppet()
      const key = puppet.key()
      const timers = { drainTimeoutMs: 0, lingerTimeoutMs: 40 }
      const server = await start(target, { threading, threads: 1, greeter: PUPPET, ...timers })
      const wire = await open(server.address)
      const silent = await dial(server.address)
      wire.send(name(1, `hold ${key}`))
      await puppet.started(key)
      const closed = server.close()
      expect(await wire.frame()).toEqual(goodbye(1, 'SHUTTING_DOWN'))
      expect(await silent.framesToFin()).toEqual([goodbye(0, 'SHUTTING_DOWN')])
      // That the other one lingered long enough shows that the timers were looked at.
      await expect.poll(() => server.stats().connectionsOpen).toBe(1)
      puppet.release(key)
      expect(await wire.fin().framesToFin()).toEqual([greeting(1, `Released ${key}`)])
      await closed
    })

    it('does not wait past the deadline for a thread that is blocked', async () => {
      using puppet = new Puppet()
      const file = puppet.file()
      const server = await start(target, { threading, greeter: PUPPET, heartbeatTimeoutMs: 0, greeterTimeoutMs: 0 })
      const wire = await open(server.address)
      wire.send(name(1, `block ${file}`))
      await puppet.blocked(file)
      await server.close({ drainMs: 0 })
      expect((await wire.framesToEnd()).frames).not.toContainEqual(greeting(1, 'Unblocked'))
    })

    it('refuses who comes after it and serves who waits in the listen queue', async () => {
      using puppet = new Puppet()
      const [file, key] = [puppet.file(), puppet.key()]
      const server = await start(target, { threading, greeter: PUPPET })
      const busy = await open(server.address)
      busy.send(name(1, `hold ${key}`), ...(threading === 'shard' ? [name(2, `block ${file}`)] : []))
      await puppet.started(key)
      if (threading === 'shard') await puppet.blocked(file)
      // The kernel completes these; a pool's thread may have accepted them by now, a blocked shard has not.
      const waiting: Wire[] = []
      for (let count = 0; count < 10; count++) waiting.push((await dial(server.address)).send(hello()))
      const closed = server.close()
      puppet.unblock(file)
      for (const wire of waiting) {
        const frames = await wire.framesToFin()
        expect(frames.at(-1)).toEqual(goodbye(0, 'SHUTTING_DOWN'))
        wire.close()
      }
      await expect(dial(server.address)).rejects.toThrow('ECONNREFUSED')
      puppet.release(key)
      busy.fin()
      expect(await busy.framesToFin()).toContainEqual(greeting(1, `Released ${key}`))
      await closed
    })

    it('is not kept open by a thread that dies meanwhile', async () => {
      using puppet = new Puppet()
      const key = puppet.key()
      const server = await start(target, { threading, greeter: PUPPET })
      const wire = await open(server.address)
      const lost = next(server, 'thread-lost')
      // Both are started before the thread can die, so both are lost with it.
      wire.send(name(1, `hold ${key}`), name(2, 'crash'))
      await puppet.started(key)
      const closed = server.close()
      await lost
      await expect(dial(server.address)).rejects.toThrow('ECONNREFUSED')
      const { frames } = await wire.framesToEnd()
      if (threading === 'pool') expect(frames.slice(-2)).toEqual([error(1, 'THREAD_LOST'), error(2, 'THREAD_LOST')])
      wire.close()
      await closed
    })
  })
}
