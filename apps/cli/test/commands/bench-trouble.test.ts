import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { serve } from '@greetwire/server-node'
import { describe, expect, it, onTestFinished } from 'vitest'
import { run } from '../../src/run.ts'
import { puppetServer } from '../bench/puppet-server.ts'
import { MemoryIo } from '../memory-io.ts'

async function bench(address: string, words: string, io = new MemoryIo()): Promise<{ exit: number; io: MemoryIo }> {
  const exit = await run(['bench', '-s', address, ...words.split(' ')], io)
  return { exit, io }
}

/** A server that knows nothing of the protocol. */
async function listening(accept: (socket: Socket) => void): Promise<string> {
  const server = createServer(accept).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** How many latencies the result holds. */
function latenciesIn(io: MemoryIo): number {
  const { spans } = io.stdout.events[0] as unknown as { spans: { count: number }[] }
  return spans.reduce((sum, { count }) => sum + count, 0)
}

describe('greet bench with a server that stalls', () => {
  it('counts what has no answer with the time it waited, and meets no limit with it', async () => {
    const address = await puppetServer(() => undefined)
    const { exit, io } = await bench(address, '-c 1 -d 4 --warmup 0 -z 100ms --grace 0 --json --limit p50<60s')
    const [result, limit] = io.stdout.events
    expect(result).toMatchObject({ requests: 0, unanswered: 4, perSecond: 0 })
    expect((result as unknown as { latencyMs: { p50: number } }).latencyMs.p50).toBeGreaterThanOrEqual(98)
    expect(limit).toMatchObject({ met: false })
    expect(exit).toBe(6)
  })

  it('charges every request that falls due meanwhile, whether it could be sent or not', async () => {
    const address = await puppetServer(({ index, greet }) => index < 10 && greet())
    const { io } = await bench(address, '-c 2 -d 1 -q 1000 --warmup 0 -z 100ms --grace 0 --json')
    expect(io.stdout.events[0]?.['requests']).toBeLessThanOrEqual(20)
    expect(latenciesIn(io)).toBeGreaterThanOrEqual(98)
  })

  it('exits 4 when no answer comes at all', async () => {
    const address = await puppetServer(() => undefined)
    const { exit, io } = await bench(address, '-c 1 --warmup 0 -z 20ms --grace 0')
    expect(io.stderr.text).toBe(`greet: Cannot measure ${address}: no answer came in time\n`)
    expect(exit).toBe(4)
  })

  it('tells people of it', async () => {
    const address = await puppetServer(({ index, greet }) => index < 1 && greet())
    const { io } = await bench(address, '-c 1 -d 2 --warmup 0 -z 50ms --grace 0')
    expect(io.stdout.lines).toContain('  2 requests without an answer, counted below with the time waited')
  })

  it('waits for the last answers and shows each phase, also where the report goes to the same terminal', async () => {
    const waiting: (() => void)[] = []
    const address = await puppetServer(({ greet }) => waiting.push(greet))
    const io = new MemoryIo()
    io.stdout.isTerminal = true
    io.stderr.isTerminal = true
    io.now = () => (io.time += 600)
    const write = io.stderr.write.bind(io.stderr)
    io.stderr.write = (text) => {
      if (/greetings\/s|waiting for/.test(text)) for (const greet of waiting.splice(0)) greet()
      return write(text)
    }
    const { exit } = await bench(address, '-c 1 -d 1 --warmup 250ms -z 1h -n 1 --grace 1h', io)
    expect(io.stderr.text).toContain(`\r\u001b[K${address}: warming up`)
    expect(io.stderr.text).toMatch(/\d greetings\/s, p99 .*, \d+ s left/)
    expect(io.stderr.text).toMatch(/waiting for the last answers\r\u001b\[K$/)
    expect(io.stdout.text).toMatch(/ {2}1 greetings?, \d+\/s/)
    expect(io.stdout.text).not.toContain('without an answer')
    expect(exit).toBe(0)
  })
})

describe('greet bench with a server that dies', () => {
  it('exits 3 and says what happened when every connection ends in the measurement', async () => {
    const address = await puppetServer(({ index, greet, reset }) => (index < 10 ? greet() : reset()))
    const { exit, io } = await bench(address, '-c 2 -d 1 --warmup 0 -z 10s --json --limit errors<1')
    expect(io.stderr.text).toBe(
      `greet: Lost every connection to ${address}, 20 greetings into the measurement: the connection was reset (2)\n`,
    )
    expect(io.stdout.text).toBe('')
    expect(exit).toBe(3)
  })

  it('exits 3 when every connection ends in the warm-up', async () => {
    const { exit, io } = await bench(await puppetServer(({ reset }) => reset()), '-c 2 --warmup 10s -z 10s')
    expect(io.stderr.text).toContain('0 greetings into the measurement: the connection was reset (2)')
    expect(exit).toBe(3)
  })

  it('counts a connection that ended in the warm-up, and goes on with the others', async () => {
    const address = await puppetServer(({ connection, greet, reset }) => (connection === 0 ? reset() : greet()))
    const { exit, io } = await bench(address, '-c 2 -q 1000 --warmup 50ms -z 10s -n 20 --json --limit errors<1')
    expect(io.stdout.events).toMatchObject([
      { requests: 20, errors: {}, endedConnections: { 'the connection was reset': 1 } },
      { limit: 'errors<1', met: false },
    ])
    expect(exit).toBe(6)
  })

  it('lets requests fall due on the connections that are left', async () => {
    const address = await puppetServer(({ connection, greet, reset }) => (connection === 0 ? reset() : greet()))
    const { io } = await bench(address, '-c 2 -q 1000 --warmup 0 -z 100ms --json')
    expect(latenciesIn(io)).toBeGreaterThanOrEqual(98)
  })

  it('counts what was lost with a connection in the measurement', async () => {
    const address = await puppetServer(({ connection, index, greet, reset }) => {
      if (connection === 1) greet()
      else if (index === 3) reset()
    })
    const { io } = await bench(address, '-c 2 -d 4 --warmup 0 -z 10s -n 1000 --json')
    expect(io.stdout.events[0]).toMatchObject({
      requests: 1_000,
      unanswered: 4,
      endedConnections: { 'the connection was reset': 1 },
    })
  })
})

describe('greet bench that is interrupted', () => {
  it('tells what there is so far, and exits 130', async () => {
    const io = new MemoryIo()
    const address = await puppetServer(({ index, greet }) => {
      greet()
      if (index === 99) io.interruption.abort()
    })
    const { exit } = await bench(address, '-c 1 -d 1 --warmup 0 -z 1h --grace 1h --limit errors<1', io)
    expect(io.stdout.text).toMatch(/ {2}(?:99|100) greetings, [\d,]+\/s/)
    expect(io.stdout.lines.at(-1)).toMatch(/^limit errors<1: /)
    expect(io.stderr.text).toBe('')
    expect(exit).toBe(130)
  })

  it.each(['--connect-timeout 1h', '--connect-timeout 0'])('does not wait for a WELCOME with %s', async (words) => {
    const io = new MemoryIo()
    const address = await listening(() => io.interruption.abort())
    const { exit } = await bench(address, `-c 1 ${words}`, io)
    expect(io.stdout.text + io.stderr.text).toBe('')
    expect(exit).toBe(130)
  })

  it('tells nothing of a warm-up', async () => {
    const io = new MemoryIo()
    const address = await puppetServer(({ index, greet }) => (index < 9 ? greet() : io.interruption.abort()))
    const { exit } = await bench(address, '-c 1 -d 1 --warmup 1h', io)
    expect(io.stdout.text + io.stderr.text).toBe('')
    expect(exit).toBe(130)
  })
})

describe('greet bench with a server that does not open', () => {
  it('exits 7 when the server has no place for all connections', async () => {
    const server = await serve({ port: 0, threads: 1, maxConnections: 2 })
    onTestFinished(() => server.close())
    const { exit, io } = await bench(server.address, '-c 3 --warmup 0 -z 10s')
    expect(io.stderr.text).toBe(`greet: Cannot connect to ${server.address}: the server answered SERVER_FULL\n`)
    expect(exit).toBe(7)
  })

  it('exits 3 when the server resets a connection that it took', async () => {
    const address = await listening((socket) => socket.on('error', () => undefined).resetAndDestroy())
    const { exit, io } = await bench(address, '-c 20 --warmup 0 -z 10s')
    expect(io.stderr.text).toContain(`Cannot connect to ${address}: `)
    expect(exit).toBe(3)
  })

  it('exits 4 when no WELCOME comes in time', async () => {
    const address = await listening(() => undefined)
    const { exit, io } = await bench(address, '-c 1 --connect-timeout 20ms')
    expect(io.stderr.text).toContain('no WELCOME on every connection within 20 ms')
    expect(exit).toBe(4)
  })
})
