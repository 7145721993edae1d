import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Server, serve } from '@greetwire/server-node'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { run } from '../../src/run.ts'
import { MemoryIo } from '../memory-io.ts'

let server: Server
let folder: string

beforeAll(async () => {
  server = await serve({ port: 0, threads: 1 })
  folder = await mkdtemp(path.join(tmpdir(), 'greet-bench-'))
})

afterAll(async () => {
  await server.close()
  await rm(folder, { recursive: true })
})

async function bench(...words: string[]): Promise<{ exit: number; io: MemoryIo }> {
  const io = new MemoryIo()
  const exit = await run(['bench', '-s', server.address, '-c', '2', '-d', '4', '--warmup', '0', ...words], io)
  return { exit, io }
}

describe('greet bench', () => {
  it('stops after the greetings asked for and tells percentiles and a histogram', async () => {
    const { exit, io } = await bench('-n', '500', '-z', '10s')
    expect(exit).toBe(0)
    expect(io.stdout.text).toMatch(/ {2}500 greetings, [\d,]+\/s\n {2}load: \d+ % of its thread/)
    expect(io.stdout.text).toMatch(/p99\.9 +[\d.]+ (?:µs|ms)/)
    expect(io.stdout.text).toContain('█')
  })

  it('counts those of the measurement only', async () => {
    const { exit, io } = await bench('-n', '500', '-z', '10s', '--warmup', '50ms', '--json')
    expect(io.stdout.events[0]).toMatchObject({ requests: 500, warmupMs: 50, unanswered: 0, endedConnections: {} })
    expect(exit).toBe(0)
  })

  it('keeps a rate', async () => {
    const began = performance.now()
    const { exit, io } = await bench('-q', '1000', '-n', '100', '-z', '10s', '--json')
    const [result] = io.stdout.events
    expect(exit).toBe(0)
    expect(result).toMatchObject({ event: 'result', rate: 1_000, connections: 2, depth: 4, errors: {} })
    // A hundred requests at that rate fall due within 99 ms, and none before its time.
    expect(performance.now() - began).toBeGreaterThanOrEqual(99)
  })

  it('saves results and compares with them', async () => {
    const saved = path.join(folder, 'a.json')
    expect((await bench('-n', '200', '--rounds', '2', '--save', saved)).exit).toBe(0)
    const { io } = await bench('-n', '200', '--compare', saved)
    expect(io.stdout.lines.at(-1)).toMatch(
      /^tcp.* against tcp.* in .*a\.json: [\d.]+ times the greetings, [\d.]+ times/,
    )

    const { io: json } = await bench('-n', '200', '--rounds', '2', '--compare', saved, '--json')
    const spread = { median: expect.any(Number), low: expect.any(Number), high: expect.any(Number) }
    expect(json.stdout.events).toMatchObject([
      { event: 'result', round: 1 },
      { event: 'result', round: 2 },
      { event: 'comparison', of: server.address, perSecond: spread, p50: spread, p99: spread },
    ])
  })

  it('refuses to compare with a result without greetings', async () => {
    const saved = path.join(folder, 'zero.json')
    await bench('-n', '50', '--save', saved)
    await writeFile(saved, (await readFile(saved, 'utf8')).replace(/"perSecond": [\d.]+/, '"perSecond": 0'))
    const { exit, io } = await bench('--compare', saved)
    expect(io.stderr.text).toContain('a result in it has no greetings')
    expect(exit).toBe(2)
  })

  it('measures nothing that it could not save', async () => {
    const { connectionsAccepted } = server.stats()
    const { exit } = await bench('--save', '/nowhere/a.json', '-z', '10s')
    expect(exit).toBe(2)
    expect(server.stats().connectionsAccepted).toBe(connectionsAccepted)
  })

  it('refuses to compare what was measured with another load', async () => {
    const saved = path.join(folder, 'b.json')
    await bench('-n', '50', '--save', saved)
    const { exit, io } = await bench('-d', '8', '--compare', saved)
    expect(io.stderr.text).toContain('its depth is 4, not 8; measure both with the same options')
    expect(exit).toBe(2)
  })

  it('says when the server allows less than the depth asked for', async () => {
    const strict = await serve({ port: 0, threads: 1, maxInFlight: 2 })
    const { io } = await bench('-s', strict.address, '-n', '50')
    await strict.close()
    expect(io.stdout.lines[0]).toContain('2 connections, depth 2 (the server allows no more), as fast as answers come')
  })

  it('exits 6 when a limit is missed, and says which', async () => {
    const { exit, io } = await bench('-n', '50', '--limit', 'errors<1,max<1us')
    expect(exit).toBe(6)
    expect(io.stdout.lines.slice(-2)).toEqual(['limit errors<1: met', 'limit max<1us: missed'])
  })

  it('counts what the server answers with errors, by their names', async () => {
    const failing = await serve({
      port: 0,
      threads: 1,
      greeter: () => {
        throw new Error('no')
      },
      log: () => {},
    })
    const { io } = await bench('-s', failing.address, '-z', '200ms', '--json')
    await failing.close()
    expect(io.stdout.events[0]).toMatchObject({ requests: 0, errors: { GREETER_FAILED: expect.any(Number) } })
  })

  it('refuses a name that the server does not take', async () => {
    const strict = await serve({ port: 0, threads: 1, maxName: 4 })
    const { exit, io } = await bench('-s', strict.address, '-z', '10s', '--name', 'Ada Lovelace')
    await strict.close()
    expect(io.stderr.text).toMatch(/limit is 4$/m)
    expect(exit).toBe(2)
  })

  it('exits 3 where nothing listens', async () => {
    const io = new MemoryIo()
    expect(await run(['bench', '-s', 'tcp://127.0.0.1:1'], io)).toBe(3)
    expect(io.stderr.text).toContain('Cannot connect to tcp://127.0.0.1:1: nothing listens there')
  })

  it.each([
    [['--serve', 'deno'], '"deno" is not node or bun'],
    [['--serve', 'node,bun,node'], 'a runtime is named twice'],
    [['--limit', 'p99'], 'is not a limit such as'],
    [['--compare', '/nowhere'], 'Cannot read --compare "/nowhere"'],
    [['--compare', fileURLToPath(import.meta.url)], 'it is not what --save wrote'],
    [['--save', '/nowhere/a.json', '-n', '1'], 'Cannot write --save "/nowhere/a.json"'],
  ])('refuses %j', async (words, message) => {
    const { exit, io } = await bench(...words)
    expect(exit).toBe(2)
    expect(io.stderr.text).toContain(message)
  })
})
