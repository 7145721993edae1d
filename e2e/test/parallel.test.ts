/** In `pool` two requests of one connection burn CPU at the same time; in `shard` one connection has one thread. */

import { connect } from '@greetwire/client'
import { describe, expect, it } from 'vitest'
import { greeterFile } from '../support/greeter-file.ts'
import { RUNTIMES, type RuntimeName } from '../support/runtimes.ts'
import { ScratchDirectory } from '../support/scratch-directory.ts'
import { ServerProcess } from '../support/server-process.ts'

interface Burnt {
  readonly thread: string
  readonly began: number
  readonly ended: number
}

describe.each(RUNTIMES)('%s server', (runtime) => {
  it('burns 100 ms for each of two requests of one connection at the same time in pool', async () => {
    // Each burns on until the other has begun, so that a busy machine cannot keep them apart; one after the other would take 20 s.
    const [ada, bob] = await burnBoth(runtime, 'pool', 10_000)

    expect(overlapMs(ada, bob)).toBeGreaterThan(0)
    expect(ada.thread).not.toBe(bob.thread)
    for (const { began, ended } of [ada, bob]) expect(ended - began).toBeGreaterThanOrEqual(100)
  })

  it('burns one after the other in shard, which the same look shows', async () => {
    const [ada, bob] = await burnBoth(runtime, 'shard', 100)

    expect(overlapMs(ada, bob)).toBeLessThanOrEqual(0)
    expect(ada.thread).toBe(bob.thread)
  })
})

async function burnBoth(runtime: RuntimeName, threading: string, patienceMs: number): Promise<[Burnt, Burnt]> {
  using directory = new ScratchDirectory()
  const args = ['--threading', threading, '--greeter', greeterFile('burning.ts')]
  await using server = await ServerProcess.serve(runtime, args, { E2E_DIRECTORY: directory.path })
  await using client = await connect(server.address)
  const [ada, bob] = await Promise.all([client.greet(`Ada Bob ${patienceMs}`), client.greet(`Bob Ada ${patienceMs}`)])
  return [JSON.parse(ada) as Burnt, JSON.parse(bob) as Burnt]
}

/** How long both were at work; below 0, how long the second waited behind the first. */
function overlapMs(one: Burnt, other: Burnt): number {
  return Math.min(one.ended, other.ended) - Math.max(one.began, other.began)
}
