import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
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
  it('stops after the requests asked for and tells percentiles and a histogram', async () => {
    const { exit, io } = await bench('-n', '500', '-z', '10s')
    expect(exit).toBe(0)
    expect(io.stdout.text).toMatch(/ {2}5\d\d greetings, [\d,]+\/s/)
    expect(io.stdout.text).toMatch(/p99\.9 +[\d.]+ (?:µs|ms)/)
    expect(io.stdout.text).toContain('█')
  })

  it('keeps a rate', async () => {
    const { exit, io } = await bench('-q', '1000', '-n', '100', '-z', '10s', '--json')
    const [result] = io.stdout.events
    expect(exit).toBe(0)
    expect(result).toMatchObject({ event: 'result', rate: 1_000, connections: 2, depth: 4, errors: {} })
    // A hundred requests at that rate fall due within 99 ms, and none before its time.
    expect(result?.['elapsedMs']).toBeGreaterThanOrEqual(98)
  })

  it('saves a result and compares with it', async () => {
    const saved = path.join(folder, 'a.json')
    expect((await bench('-n', '200', '--save', saved)).exit).toBe(0)
    const { io } = await bench('-n', '200', '--compare', saved)
    expect(io.stdout.text).toMatch(/greetings, [\d,]+\/s {2}\([\d.]+ times before\)/)
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

  it('ends when the server takes no name so long', async () => {
    const strict = await serve({ port: 0, threads: 1, maxName: 4 })
    const { io } = await bench('-s', strict.address, '-z', '10s', '--name', 'Ada Lovelace', '--json')
    await strict.close()
    expect(Object.keys(io.stdout.events[0]?.['errors'] as object).join('\n')).toMatch(/limit is 4$/m)
  })

  it('exits 3 where nothing listens', async () => {
    const io = new MemoryIo()
    expect(await run(['bench', '-s', 'tcp://127.0.0.1:1'], io)).toBe(3)
    expect(io.stderr.text).toContain('Cannot connect to tcp://127.0.0.1:1')
  })

  it.each([
    [['--serve', 'deno'], '"deno" is not node or bun'],
    [['--limit', 'p99'], 'is not a limit such as'],
    [['--compare', '/nowhere'], 'Cannot read --compare "/nowhere"'],
  ])('refuses %j', async (words, message) => {
    const { exit, io } = await bench(...words)
    expect(exit).toBe(2)
    expect(io.stderr.text).toContain(message)
  })
})
