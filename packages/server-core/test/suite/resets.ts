/** The connections that a server resets, over each kind of socket: they end, the server lives on and serves everybody else. */

import { describe, expect, it } from 'vitest'
import type { ServeOptions, Server } from '@greetwire/server-core'
import { goodbye, greeting, join, name } from './frames.ts'
import { PUPPET, Puppet } from './puppet.ts'
import { EAGERLY, start } from './rig.ts'
import type { Target } from './target.ts'
import { reach, reachOpen, SERVICES, type Transport } from './transports.ts'
import type { WireEnd } from './wire.ts'

/** What every server resets. */
export function testResets(target: Target): void {
  describe.each(SERVICES)('$threading over $name', ({ threading, transport }) => {
    const serve = (options: ServeOptions): Promise<Server> =>
      start(target, { ...transport.where(), threading, ...(transport.tls && { tls: transport.tls }), ...options })

    it('resets a client that does not read', async () => {
      const server = await serve({ greeter: PUPPET, stallTimeoutMs: 200 })
      const other = await reachOpen(transport, server.address)
      const wire = await reachOpen(transport, server.address)
      wire.pause().send(join(...Array.from({ length: 400 }, (_, index) => name(index + 1, 'long 65000'))))
      await expect.poll(() => server.stats().connectionsOpen, EAGERLY).toBe(1)
      expect(transport.resets).toContain(await wire.resume().ended())
      expect(await other.send(name(1, 'Ada')).frame()).toEqual(greeting(1, 'Hello Ada'))
    })

    it('resets what is in flight at the drain deadline, and is closed then', async () => {
      using puppet = new Puppet()
      const server = await serve({ greeter: PUPPET })
      const wire = await reachOpen(transport, server.address)
      const key = puppet.key()
      wire.send(name(1, `hold ${key}`))
      await puppet.started(key)
      await server.close({ drainMs: 50 })
      const { frames, end } = await wire.framesToEnd()
      expect(frames).toEqual([goodbye(1, 'SHUTTING_DOWN')])
      expect(transport.resets).toContain(end)
      expect(server.stats().connectionsOpen).toBe(0)
    })

    it('resets whom it refuses while as many refused ones linger as it takes connections', async () => {
      const server = await serve({ maxConnections: 1, lingerTimeoutMs: 60_000 })
      const only = await reachOpen(transport, server.address)
      const refused = await reach(transport, server.address)
      expect(await refused.framesToFin()).toMatchObject([{ code: 'SERVER_FULL' }])
      for (let count = 0; count < 3; count++)
        expect(transport.resets).toContain(await endWithoutFrame(transport, server.address))
      expect(await only.send(name(1, 'Ada')).frame()).toEqual(greeting(1, 'Hello Ada'))
      expect(server.stats()).toMatchObject({ connectionsOpen: 1, connectionsRefused: 4 })
    })
  })
}

/** How a connection ends on which nothing is said; the reset may be there before the connection is. */
async function endWithoutFrame(transport: Transport, address: string): Promise<WireEnd> {
  let wire
  try {
    wire = await reach(transport, address)
  } catch {
    return 'reset'
  }
  const { frames, end } = await wire.framesToEnd()
  expect(frames).toEqual([])
  return end
}
