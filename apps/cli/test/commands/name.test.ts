import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { type Server, type ServeOptions } from '@greetwire/server-core'
import { serve } from '@greetwire/server-node'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { run } from '../../src/run.ts'
import { puppetServer } from '../bench/puppet-server.ts'
import { MemoryIo } from '../memory-io.ts'

async function started(options: ServeOptions = {}): Promise<Server> {
  const server = await serve({ port: 0, threads: 1, ...options })
  onTestFinished(() => server.close())
  return server
}

async function greet(
  server: Pick<Server, 'address'>,
  args: readonly string[],
  io: MemoryIo = new MemoryIo(),
): Promise<{ exit: number; io: MemoryIo }> {
  return { exit: await run([...args, '--server', server.address], io), io }
}

describe('greet NAME', () => {
  it('prints one greeting a line, in the order of the names', async () => {
    const { exit, io } = await greet(await started(), ['Ada', 'Grace', 'name'])
    expect(io.stdout.text).toBe('Hello Ada\nHello Grace\nHello name\n')
    expect(io.stderr.text).toBe('')
    expect(exit).toBe(0)
  })

  it('greets somebody whose name is a command', async () => {
    const server = await started()
    expect((await greet(server, ['name', 'serve'])).io.stdout.text).toBe('Hello serve\n')
    const io = new MemoryIo({ environment: { GREETWIRE_SERVER: server.address } })
    expect(await run(['--', 'serve', '--help'], io)).toBe(0)
    expect(io.stdout.text).toBe('Hello serve\nHello --help\n')
  })

  it('keeps the order of stdin although greetings come out of order', async () => {
    const server = await started({
      threading: 'pool',
      greeter: async (name) => {
        // The first name waits until the last one was greeted.
        const state = globalThis as { release?: () => void }
        if (name === 'first') await new Promise<void>((resolve) => (state.release = resolve))
        if (name === 'last') state.release?.()
        return name
      },
    })
    const { io } = await greet(server, ['-'], new MemoryIo({ stdin: ['first\nsecond\r\n\n', 'third\nla', 'st'] }))
    expect(io.stdout.text).toBe('first\nsecond\nthird\nlast\n')
  })

  it('has no more names on their way than it is told', async () => {
    let asked = 0
    let printed = 0
    let most = 0
    const io = new MemoryIo({
      stdin: (async function* names() {
        for (; asked < 500; asked++) {
          most = Math.max(most, asked - printed)
          yield Buffer.from(`${asked}\n`)
        }
      })(),
    })
    const write = io.stdout.write.bind(io.stdout)
    io.stdout.write = (text) => {
      printed++
      return write(text)
    }
    const { exit } = await greet(await started(), ['-', '--concurrency', '4'], io)
    expect(exit).toBe(0)
    expect(printed).toBe(500)
    // At most 4 in flight, as many answers waiting for their turn, and one line read ahead.
    expect(most).toBeLessThanOrEqual(2 * 4 + 1)
  })

  it('reports a refused name, goes on with the others and ends with 7', async () => {
    const { exit, io } = await greet(await started({ maxName: 5 }), ['Ada', 'Scheherazade', 'Eve'])
    expect(io.stdout.text).toBe('Hello Ada\nHello Eve\n')
    expect(io.stderr.text).toMatch(/^greet: Cannot greet "Scheherazade" at .*limit is 5\n$/)
    expect(exit).toBe(7)
  })

  it('prints every outcome as an event', async () => {
    const io = new MemoryIo({ stdin: [Buffer.from('Ada\n\xff\n\u0007\n', 'latin1')] })
    const { exit } = await greet(await started(), ['-', '--json'], io)
    const [unreadable, ...rest] = io.stdout.events
    expect(unreadable).toMatchObject({ event: 'unreadable', line: 2 })
    expect(rest).toEqual([
      { event: 'greeting', index: 0, name: 'Ada', greeting: 'Hello Ada' },
      {
        event: 'error',
        index: 1,
        name: '\u0007',
        code: 'INVALID_NAME',
        detail: 0,
        executed: 'never',
        message: expect.stringContaining('control character') as string,
      },
      { event: 'end', greeted: 1, failed: 2, elapsedMs: 0 },
    ])
    expect(exit).toBe(2)
  })

  it('passes over a line that is longer than any name, and tells of it', async () => {
    const long = 'x'.repeat(65_536)
    const io = new MemoryIo({ stdin: ['Ada\n', long, 'x\nEve\n', `${long}\n`] })
    const { exit } = await greet(await started(), ['-', '--json'], io)
    expect(io.stdout.events.filter(({ event }) => event === 'greeting').map(({ name }) => name)).toEqual(['Ada', 'Eve'])
    expect(io.stdout.events.filter(({ event }) => event === 'unreadable')).toEqual([
      { event: 'unreadable', line: 2, message: 'Cannot read line 2: it is longer than 65535 bytes' },
      { event: 'unreadable', line: 4, message: 'Cannot read line 4: it is longer than 65535 bytes' },
    ])
    expect(io.stdout.events.at(-1)).toMatchObject({ event: 'end', greeted: 2, failed: 2 })
    expect(exit).toBe(2)
  })

  it('shows what the network sends escaped, and exactly with --json', async () => {
    const server = await started({ greeter: (name) => `\u001b[31m${name}\u202e\n` })
    expect((await greet(server, ['Ada'])).io.stdout.text).toBe('\\x1b[31mAda\\u{202e}\\n\n')
    const { io } = await greet(server, ['Ada', '--json'])
    expect(io.stdout.text).not.toContain('\u202e')
    expect(io.stdout.events[0]).toMatchObject({ greeting: '\u001b[31mAda\u202e\n' })
  })

  it('logs each stage of the socket with -v, and each frame with -vv', async () => {
    const server = await started()
    const { io } = await greet(server, ['Ada', '-v'])
    const stages = io.stderr.lines.map((line) => line.split(' ')[0])
    expect(new Set(stages)).toEqual(new Set(['socket', 'connect', 'send', 'receive', 'close']))
    expect(stages.indexOf('socket')).toBeLessThan(stages.indexOf('connect'))
    expect(io.stderr.lines.slice(-3)).toEqual([
      'send     our FIN',
      'receive  FIN of the server',
      'close    socket released',
    ])

    const frames = (await greet(server, ['Ada', '-vv'])).io.stderr.lines
    expect(frames).toContain('  NAME, id 1, client to server, 3 bytes of payload')
    expect(frames).toContain('  GREETING, id 1, server to client, 9 bytes of payload')
    expect(frames.join('\n')).toMatch(/48 65 6c 6c 6f 20 41 64 {2}greeting {7}"Hello Ada"/)
  })

  it('says how to start a server where none is, and ends with 3', async () => {
    const server = await started()
    const { address } = server
    await server.close()
    const { exit, io } = await greet({ address }, ['Ada'])
    expect(io.stderr.text).toBe(
      `greet: Cannot connect to ${address}: nothing listens there; start one with: npx greet serve\n`,
    )
    expect(exit).toBe(3)
  })

  it('stops at the name at which the server was gone', async () => {
    const server = await started()
    const io = new MemoryIo({
      stdin: (async function* names() {
        yield Buffer.from('Ada\n')
        await vi.waitFor(() => expect(io.stdout.text).toBe('Hello Ada\n'))
        await server.close()
        yield Buffer.from('Eve\nBob\n')
      })(),
    })
    const { exit } = await greet(server, ['-', '--retries', '0'], io)
    expect(io.stdout.text).toBe('Hello Ada\n')
    expect(io.stderr.lines).toEqual([
      expect.stringContaining('greet: Cannot greet "Eve"'),
      'The names behind it were not greeted',
    ])
    expect(exit).toBe(3)
  })

  it('ends with 4 when the answer takes longer than its limit', async () => {
    const server = await started({ greeter: () => new Promise<string>(() => undefined), drainTimeoutMs: 1 })
    const { exit, io } = await greet(server, ['Ada', '--timeout', '20ms'])
    expect(io.stderr.text).toMatch(/^greet: Cannot greet "Ada".* raise --timeout /)
    expect(exit).toBe(4)
  })

  it('shows its progress on a terminal after a second, where the data goes elsewhere', async () => {
    const io = new MemoryIo()
    io.stderr.isTerminal = true
    const write = io.stdout.write.bind(io.stdout)
    io.stdout.write = (text) => {
      io.time += 600
      return write(text)
    }
    await greet(await started(), ['Ada', 'Eve', 'Bob'], io)
    expect(io.stderr.text).toBe('\r\u001b[K2 greeted, 0 failed\r\u001b[K3 greeted, 0 failed\r\u001b[K')
  })

  it('shows its progress also while nothing comes back', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    onTestFinished(() => void vi.useRealTimers())
    const io = new MemoryIo()
    io.stderr.isTerminal = true
    let shown = ''
    const address = await puppetServer(({ greet: answer }) => {
      io.time = 2_000
      vi.advanceTimersByTime(2_000)
      shown = io.stderr.text
      answer()
    })
    await greet({ address }, ['Ada'], io)
    expect(shown).toMatch(/^(\r\u001b\[K0 greeted, 0 failed)+$/)
    expect(vi.getTimerCount()).toBe(0)
  })
})

/** A world in which something happens at the first line on stdout. */
function atFirstLine(happens: () => Promise<void> | void): MemoryIo {
  const io = new MemoryIo()
  const write = io.stdout.write.bind(io.stdout)
  io.stdout.write = async (text) => {
    await write(text)
    if (io.stdout.lines.length === 1) await happens()
  }
  return io
}

describe('greet ping', () => {
  it('sums up what there was when it is interrupted', async () => {
    const server = await started()
    const io = atFirstLine(() => io.interruption.abort())
    const { exit } = await greet(server, ['ping', '--interval', '1h'], io)
    expect(io.stdout.lines).toHaveLength(1)
    expect(io.stderr.text).toMatch(/^1 ping: min [\d.]+ ms, median [\d.]+ ms, max [\d.]+ ms\n$/)
    expect(exit).toBe(130)
  })

  it('ends with 130 and nothing else when it is interrupted while it connects', async () => {
    const io = new MemoryIo()
    const silent = createServer((socket) => {
      onTestFinished(() => void socket.destroy())
      io.interruption.abort()
    })
    await once(silent.listen(0, '127.0.0.1'), 'listening')
    onTestFinished(() => void silent.close())
    const address = `tcp://127.0.0.1:${(silent.address() as AddressInfo).port}`
    expect((await greet({ address }, ['ping', '--connect-timeout', '0'], io)).exit).toBe(130)
    expect(io.stderr.text).toBe('')
  })

  it('sums up what there was when the server is gone', async () => {
    const server = await started()
    const io = atFirstLine(() => server.close())
    const { exit } = await greet(server, ['ping', '--interval', '0', '--json'], io)
    expect(io.stdout.events.at(-1)).toMatchObject({ event: 'end', count: 1 })
    expect(io.stderr.text).toMatch(/^greet: Cannot /)
    expect(exit).toBe(3)
  })

  it('prints each round trip and a summary', async () => {
    const server = await started()
    const { exit, io } = await greet(server, ['ping', '-c', '3', '--interval', '0'])
    expect(io.stdout.lines).toHaveLength(3)
    for (const line of io.stdout.lines)
      expect(line).toMatch(new RegExp(`^PONG from ${server.address} in \\d+\\.\\d{3} ms$`))
    expect(io.stderr.text).toMatch(/^3 pings: min [\d.]+ ms, median [\d.]+ ms, max [\d.]+ ms\n$/)
    expect(exit).toBe(0)
  })

  it('prints events', async () => {
    const server = await started()
    const { io } = await greet(server, ['ping', '-c', '1', '--json'])
    const elapsedMs = expect.any(Number) as number
    expect(io.stdout.events).toEqual([
      { event: 'pong', target: server.address, index: 0, elapsedMs },
      { event: 'end', count: 1, minMs: elapsedMs, medianMs: elapsedMs, maxMs: elapsedMs },
    ])
  })
})
