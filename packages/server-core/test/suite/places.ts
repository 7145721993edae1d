/** The limit of connections: it holds for the whole server, who is refused hears why, and places come back. */

import { describe, expect, it } from 'vitest'
import { greeting, hello, name } from './frames.ts'
import { PUPPET } from './puppet.ts'
import { dial, EAGERLY, next, open, start } from './rig.ts'
import { MODELS, type Target } from './target.ts'

/** How a server counts its connections. */
export function testPlaces(target: Target): void {
  describe.each(MODELS)('maxConnections of %s', (threading) => {
    it('holds for all threads together, and places come back', async () => {
      const server = await start(target, { threading, threads: 2, maxConnections: 3 })
      const wires = [await open(server.address), await open(server.address), await open(server.address)]
      for (let refused = 1; refused <= 6; refused++) {
        const wire = await dial(server.address)
        // Also one that speaks is told nothing but that there is no room.
        if (refused % 2 === 0) wire.send(hello(), name(1, 'Ada'))
        const frames = await wire.framesToFin()
        expect(frames).toMatchObject([{ frame: 'ERROR', id: 0, code: 'SERVER_FULL' }])
        expect(frames[0]?.['detail']).toBeGreaterThan(0)
        wire.close()
      }
      expect(server.stats()).toMatchObject({ connectionsAccepted: 3, connectionsOpen: 3, connectionsRefused: 6 })
      wires[0]?.fin()
      await wires[0]?.framesToFin()
      await expect.poll(() => server.stats().connectionsOpen, EAGERLY).toBe(2)
      expect(await (await open(server.address)).send(name(1, 'Ada')).frame()).toEqual(greeting(1, 'Hello Ada'))
      expect(await wires[1]?.send(name(1, 'Ada')).frame()).toEqual(greeting(1, 'Hello Ada'))
    })

    it('counts the connections of the text port', async () => {
      const server = await start(target, { threading, textPort: 0, maxConnections: 1 })
      const wire = await open(server.address)
      expect(await (await dial(server.textAddress as string)).textToFin()).toMatch(/^! SERVER_FULL /)
      wire.reset()
      await expect.poll(() => server.stats().connectionsOpen, EAGERLY).toBe(0)
      expect(await (await dial(server.textAddress as string)).send('Ada\n').line()).toBe('Hello Ada')
    })
  })

  describe('maxConnections of shard', () => {
    it('gets the places of a thread that died back', async () => {
      const server = await start(target, { threading: 'shard', greeter: PUPPET, maxConnections: 2 })
      const ready = next(server, 'thread-ready')
      const wires = [await open(server.address), await open(server.address)]
      wires[0]?.send(name(1, 'exit'))
      await ready
      expect(server.stats().connectionsOpen).toBe(0)
      await open(server.address)
      await open(server.address)
      expect(await (await dial(server.address)).framesToFin()).toMatchObject([{ code: 'SERVER_FULL' }])
    })
  })
}
