/** What a server leaves behind when it is closed or did not start: nothing. Threads and descriptors are counted by the kernel. */

import { readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { name } from './frames.ts'
import { PUPPET, Puppet } from './puppet.ts'
import { EAGERLY, failure, next, open, start } from './rig.ts'
import { MODELS, type Target } from './target.ts'

const CYCLES = 3

/** That servers release everything. */
export function testRelease(target: Target): void {
  describe.runIf(process.platform === 'linux').each(MODELS)('%s leaves nothing behind', (threading) => {
    const serveAndClose = async (): Promise<void> => {
      const server = await target.serve({ port: 0, textPort: 0, threads: 1, threading, log: () => {} })
      const wire = await open(server.address)
      await wire.send(name(1, 'Ada')).frame()
      wire.close()
      await server.close()
    }

    it('when it is closed', () => leavesNothing(serveAndClose))

    it('when it is closed while a greeter blocks its thread', async () => {
      using puppet = new Puppet()
      await leavesNothing(async () => {
        const file = puppet.file()
        const server = await target.serve({ port: 0, threads: 1, threading, greeter: PUPPET, log: () => {} })
        const wire = await open(server.address)
        wire.send(name(1, `block ${file}`))
        await puppet.blocked(file)
        await server.close({ drainMs: 10 })
        wire.close()
      })
    })

    it('when a thread was replaced', () =>
      leavesNothing(async () => {
        const server = await target.serve({ port: 0, threads: 1, threading, greeter: PUPPET, log: () => {} })
        const ready = next(server, 'thread-ready')
        const wire = await open(server.address)
        wire.send(name(1, 'exit'))
        await ready
        wire.close()
        await server.close()
      }))

    it('when its port is in use', async () => {
      const port = Number(new URL((await start(target, { threading })).address).port)
      await leavesNothing(() => failure(target.serve({ port, threading, threads: 1 })))
    })

    it('when its greeter is refused', () => {
      const greeter = { module: PUPPET, export: 'missing' }
      return leavesNothing(() => failure(target.serve({ port: 0, threading, threads: 1, greeter })))
    })
  })
}

interface Holdings {
  readonly threads: number
  readonly descriptors: number
}

/** Runs something once for what a runtime makes once and keeps, then a few times more: each time must not leave one more. */
async function leavesNothing(run: () => Promise<unknown>): Promise<void> {
  await run()
  const { threads, descriptors } = holdings()
  for (let cycle = 0; cycle < CYCLES; cycle++) await run()
  // The kernel forgets a thread a moment after its end is told.
  await expect.poll(() => holdings().descriptors, EAGERLY).toBeLessThan(descriptors + CYCLES)
  await expect.poll(() => holdings().threads, EAGERLY).toBeLessThan(threads + CYCLES)
}

function holdings(): Holdings {
  return { threads: readdirSync('/proc/self/task').length, descriptors: readdirSync('/proc/self/fd').length }
}
