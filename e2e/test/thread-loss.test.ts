/** Threads that are killed in the middle of the work: what goes on, what is lost, and that nothing is executed twice unasked. */

import { fileURLToPath } from 'node:url'
import { connect } from '@greetwire/client'
import { describe, expect, it } from 'vitest'
import type { LossReport, LossScenario } from '../programs/greet-through-losses.ts'
import { greeterFile } from '../support/greeter-file.ts'
import { readJournal } from '../support/journal.ts'
import { run } from '../support/program.ts'
import { randomFrom } from '../support/random.ts'
import { exchange } from '../support/raw-connection.ts'
import { binaryOf, RUNTIMES, type RuntimeName, SERVERS } from '../support/runtimes.ts'
import { ScratchDirectory } from '../support/scratch-directory.ts'
import { ServerProcess } from '../support/server-process.ts'
import { planTraffic } from '../support/traffic.ts'
import { Verdict } from '../support/verdict.ts'

const LONG_NAMES = ['--max-payload', '65535', '--max-name', '65535']

const serve = (runtime: RuntimeName, journal: string, ...args: string[]) =>
  // The heartbeat is long enough for a thread that only waits for a busy machine.
  ServerProcess.serve(runtime, ['--greeter', greeterFile('mortal.ts'), '--heartbeat-timeout', '2s', ...args], {
    E2E_JOURNAL: journal,
  })

describe.each(RUNTIMES)('%s server, pool', (runtime) => {
  it('loses no connection with a thread, and no request but those that the thread had started', async () => {
    using directory = new ScratchDirectory()
    const journal = directory.file('journal')
    // Without a greeter timer, whose time a greeter that hangs would have, the heartbeat ends its thread.
    await using server = await serve(runtime, journal, '--threading', 'pool', '--greeter-timeout', '0')
    const deaths = ['exit', 'throw', 'rejection', 'hanging', 'exit']
    const mortals = deaths.map((death, index) => `die by ${death} ${index}`)
    const traffics = Array.from({ length: 64 }, (_, index) =>
      planTraffic({
        label: `c${index}`,
        requests: 1_000,
        hello: index % 2 === 0,
        random: randomFrom(index),
        // The first connections bring one death each, far apart.
        deaths: new Map(mortals.slice(index, index + 1).map((name) => [100 + 200 * index, name])),
      }),
    )

    const received = await Promise.all(
      traffics.map(({ bytes }, index) => exchange(server.address, bytes, randomFrom(2_000 + index))),
    )

    const executions = readJournal(journal)
    const verdict = new Verdict(executions)
    for (const [index, traffic] of traffics.entries()) {
      verdict.add(traffic, received[index] as (typeof received)[number], true)
    }
    expect(verdict.wrongs).toEqual([])
    const deadLives = new Set(mortals.map((name) => executions.get(name)?.[0]))
    expect(verdict.lost).toEqual(expect.arrayContaining(mortals))
    expect(verdict.lost.filter((name) => !deadLives.has(executions.get(name)?.[0]))).toEqual([])

    // A thread that has thrown may come to another death before it is gone.
    const losses = await server.heard('thread-lost', deadLives.size)
    await server.heard('thread-ready', deadLives.size)
    expect(losses.length).toBe(deadLives.size)
    expect(losses.length).toBeGreaterThan(2)
    expect(losses.filter(({ loss }) => loss === 'hung').length).toBe(1)
    await using client = await connect(server.address)
    expect(await client.greet('Ada')).toBe('Hello Ada')
  })
})

describe.each(RUNTIMES)('%s server, shard', (runtime) => {
  describe.each(RUNTIMES)('%s client', (clientRuntime) => {
    const greetThroughLosses = async (server: ServerProcess, scenario: Omit<LossScenario, 'target'>) => {
      const program = fileURLToPath(new URL('../programs/greet-through-losses.ts', import.meta.url))
      const argument = JSON.stringify({ target: server.address, ...scenario } satisfies LossScenario)
      const { stdout, stderr, code } = await run(binaryOf(clientRuntime), [program, argument])
      expect({ stderr, code }).toEqual({ stderr: '', code: 0 })
      return JSON.parse(stdout.toString()) as LossReport
    }

    it('reconnects, and executes nothing twice that is not declared idempotent', async () => {
      using directory = new ScratchDirectory()
      const journal = directory.file('journal')
      await using server = await serve(runtime, journal, '--threading', 'shard')
      const deaths = ['exit', 'throw', 'rejection'].map((how, index) => ({
        client: index * 2,
        behind: 500,
        name: `die by ${how} ${index}`,
      }))
      const scenario = { clients: 8, namesEach: 1_000, nameLength: 0, inFlight: 32, idempotent: false, deaths }

      const { outcomes, connections, lostConnections } = await greetThroughLosses(server, scenario)

      const executions = readJournal(journal)
      const wrongs = outcomes.filter(({ name, greeting, error }) => {
        const executed = executions.get(name)?.length ?? 0
        if (greeting !== undefined) return greeting !== `Hello ${name}` || executed !== 1
        return error?.code !== 'CONNECTION_LOST' || error.executed !== 'maybe' || executed > 1
      })
      expect(wrongs).toEqual([])
      expect(outcomes.length).toBe(8_000 + deaths.length)
      const failed = outcomes.filter(({ error }) => error).map(({ name }) => name)
      expect(failed).toEqual(expect.arrayContaining(deaths.map(({ name }) => name)))
      for (const { client } of deaths) expect(connections[client]).toBeGreaterThan(1)
      // What was not in flight when a thread died was greeted, over a new connection if any was left.
      expect(failed.length).toBeLessThanOrEqual(lostConnections * scenario.inFlight)
    })

    it('sends once again what is declared idempotent, so that every name is greeted', async () => {
      using directory = new ScratchDirectory()
      const journal = directory.file('journal')
      await using server = await serve(runtime, journal, '--threading', 'shard')
      const death = { client: 0, behind: 500, name: 'die by exit' }
      const scenario = { clients: 8, namesEach: 1_000, nameLength: 0, inFlight: 32, idempotent: true, deaths: [death] }

      const { outcomes, retries } = await greetThroughLosses(server, scenario)

      const failed = outcomes.filter(({ name, greeting }) => greeting !== `Hello ${name}`)
      expect(failed).toEqual([{ name: death.name, error: { code: 'CONNECTION_LOST', executed: 'maybe' } }])
      expect(outcomes.length).toBe(8_001)
      expect(retries.maybe).toBeGreaterThan(0)
      const often = [...readJournal(journal).values()].map((lives) => lives.length)
      expect(Math.max(...often)).toBeLessThanOrEqual(2)
    })

    it('sends over another connection what never left for the dead one', async () => {
      using directory = new ScratchDirectory()
      const journal = directory.file('journal')
      await using server = await serve(runtime, journal, '--threading', 'shard', ...LONG_NAMES)
      const death = { client: 0, behind: 0, name: 'die by hanging' }
      // More than a socket takes, so that most of it still waits in the client when the thread is ended.
      const scenario = {
        clients: 1,
        namesEach: 400,
        nameLength: 60_000,
        inFlight: 400,
        idempotent: false,
        deaths: [death],
      }

      const { outcomes, connections } = await greetThroughLosses(server, scenario)

      const executions = readJournal(journal)
      const greeted = outcomes.filter(({ greeting }) => greeting !== undefined)
      expect(connections).toEqual([2])
      expect(greeted.length).toBeGreaterThan(100)
      expect(greeted.length + 1).toBe(executions.size)
      const [deadLife] = executions.get(death.name) ?? []
      const lives = greeted.map(({ name }) => executions.get(name))
      expect(lives.filter((each) => each?.length !== 1 || each[0] === deadLife)).toEqual([])
      const failures = outcomes.flatMap(({ error }) => error ?? [])
      expect(failures.filter(({ code, executed }) => code !== 'CONNECTION_LOST' || executed !== 'maybe')).toEqual([])
      expect(server.events).toContainEqual({ event: 'thread-lost', index: expect.any(Number) as number, loss: 'hung' })
    })
  })
})

describe.each(SERVERS)('$runtime server, $threading', ({ runtime, threading }) => {
  it('goes on when its only thread dies', async () => {
    using directory = new ScratchDirectory()
    await using server = await serve(runtime, directory.file('journal'), '--threading', threading, '--threads', '1')
    await using client = await connect(server.address, { retries: 1_000, backoffMaxMs: 500 })

    const code = threading === 'pool' ? 'THREAD_LOST' : 'CONNECTION_LOST'
    await expect(client.greet('die by exit')).rejects.toMatchObject({ code, executed: 'maybe' })

    expect(await client.greet('Ada')).toBe('Hello Ada')
    expect(await server.heard('thread-lost')).toEqual([{ event: 'thread-lost', index: 0, loss: 'exit' }])
    expect(await server.heard('thread-ready')).toEqual([{ event: 'thread-ready', index: 0 }])
  })
})
