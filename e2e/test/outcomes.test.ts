/** Many connections with many requests each, also malformed and cancelled ones: every request has exactly one outcome, the right one. */

import { describe, expect, it } from 'vitest'
import { greeterFile } from '../support/greeter-file.ts'
import { readJournal } from '../support/journal.ts'
import { randomFrom } from '../support/random.ts'
import { exchange } from '../support/raw-connection.ts'
import { SERVERS } from '../support/runtimes.ts'
import { ScratchDirectory } from '../support/scratch-directory.ts'
import { ServerProcess } from '../support/server-process.ts'
import { planTraffic } from '../support/traffic.ts'
import { Verdict } from '../support/verdict.ts'

const CONNECTIONS = 64
const REQUESTS = 1_000

describe.each(SERVERS)('$runtime server, $threading', ({ runtime, threading }) => {
  it(`gives each of ${REQUESTS} requests on ${CONNECTIONS} connections its one right outcome`, async () => {
    using directory = new ScratchDirectory()
    const journal = directory.file('journal')
    const args = ['--threading', threading, '--greeter', greeterFile('mortal.ts')]
    await using server = await ServerProcess.serve(runtime, args, { E2E_JOURNAL: journal })
    const traffics = Array.from({ length: CONNECTIONS }, (_, index) =>
      planTraffic({
        label: `c${index}`,
        requests: REQUESTS,
        hello: index % 2 === 0,
        random: randomFrom(1_000 + index),
      }),
    )

    const received = await Promise.all(
      traffics.map(({ bytes }, index) => exchange(server.address, bytes, randomFrom(index))),
    )

    const verdict = new Verdict(readJournal(journal))
    for (const [index, traffic] of traffics.entries())
      verdict.add(traffic, received[index] as (typeof received)[number])
    expect(verdict.wrongs).toEqual([])
    expect(verdict.counts).toMatchObject({
      INVALID_NAME: expect.any(Number) as number,
      NAME_TOO_LONG: expect.any(Number) as number,
    })
    // A shard starts each greeter at once, and one that has started may end with its greeting.
    if (threading === 'pool') expect(verdict.counts['CANCELLED']).toBeGreaterThan(1_000)
  })
})
