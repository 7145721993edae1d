import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import { BINARIES, GREET, greet, GreetProcess, startServe } from './greet-process.ts'

const GREETER = fileURLToPath(new URL('slow-greeter.ts', import.meta.url))
const RUNTIMES = ['node', 'bun'] as const

async function connected(address: string): Promise<Socket> {
  const { hostname, port } = new URL(address)
  const socket = connect(Number(port), hostname)
  onTestFinished(() => void socket.destroy())
  await once(socket, 'connect')
  return socket
}

describe.each(RUNTIMES)('greet on %s', (runtime) => {
  it('starts a server, greets by it and drains it on SIGTERM', async () => {
    const { process, listening } = await startServe([], { runtime })
    expect(listening).toMatchObject({ event: 'listening', runtime, threading: 'shard', pid: process.child.pid })
    const greeted = await greet(['Ada', '-', '--server', listening.address], { runtime, stdin: 'Zoë\n' })
    expect(greeted).toEqual({ exit: 0, stdout: 'Hello Ada\nHello Zoë\n', stderr: '' })

    const text = await connected(listening.textAddress)
    text.end('Ada')
    const [reply] = (await once(text, 'data')) as [Buffer]
    expect(reply.toString()).toBe('Hello Ada\n')

    process.child.kill('SIGTERM')
    const { exit, stdout } = await process.result()
    const events = stdout
      .split('\n')
      .slice(0, -1)
      .map((line) => (JSON.parse(line) as { event: string }).event)
    expect(events).toEqual(['listening', 'draining', 'stopped'])
    expect(exit).toBe(0)
  })

  it('runs the server on the other runtime, with its signals and its exit code', async () => {
    const other = runtime === 'node' ? 'bun' : 'node'
    const { process, listening } = await startServe(['--runtime', other], { runtime })
    expect(listening.runtime).toBe(other)
    expect(listening.pid).not.toBe(process.child.pid)
    process.child.kill('SIGINT')
    expect(await process.result()).toMatchObject({ exit: 0, stdout: expect.stringContaining('"stopped"') as string })
  })

  it('ends the server on the other runtime when it is killed itself', async () => {
    const other = runtime === 'node' ? 'bun' : 'node'
    const { process } = await startServe(['--runtime', other], { runtime })
    process.child.kill('SIGKILL')
    // The streams close when the delegate, which has them too, is gone.
    const { stdout } = await process.result()
    expect(stdout).toContain('"stopped"')
  })

  it('answers what is in flight before it stops, and stops at once on a second signal', async () => {
    const { process, listening } = await startServe(['--greeter', GREETER, '--drain-timeout', '1h'], { runtime })
    const socket = await connected(listening.textAddress)
    // The greeter never lets go of this name, so the server drains until it is told otherwise.
    socket.write('never\n')
    const ping = await connected(listening.textAddress)
    ping.write('Ada\n')
    await once(ping, 'data')
    process.child.kill('SIGINT')
    await process.saw('stdout', '"draining"')
    const insistence = setInterval(() => process.child.kill('SIGINT'), 20)
    onTestFinished(() => clearInterval(insistence))
    expect(await process.result()).toMatchObject({ exit: 130 })
  })
})

describe('greet', () => {
  it('starts no other runtime once it is interrupted', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'greet-'))
    onTestFinished(() => rm(folder, { recursive: true }))
    // Whoever asks this runtime for its path gets SIGINT before the answer.
    const command = '#!/bin/sh\n[ "$1" = -p ] || { echo started; exit; }\nkill -INT $PPID\necho "$0"\n'
    await writeFile(join(folder, 'bun'), command, { mode: 0o755 })
    const result = await greet(['serve', '--runtime', 'bun'], { environment: { PATH: folder } })
    expect(result).toEqual({ exit: 130, stdout: '', stderr: '' })
  })

  it.each(['shard', 'pool'])('ends with 130 when it is interrupted while a greeter of %s loads', async (threading) => {
    const greeter = fileURLToPath(new URL('endless-greeter.ts', import.meta.url))
    const process = new GreetProcess([
      'serve',
      '--port',
      '0',
      '--no-text',
      '--greeter',
      greeter,
      '--threading',
      threading,
    ])
    await process.saw('stderr', 'loading')
    process.child.kill('SIGINT')
    expect(await process.result()).toMatchObject({ exit: 130 })
  })

  it('ends quietly when the reader of its output goes away', async () => {
    const { listening } = await startServe()
    const process = new GreetProcess(['-', '--server', listening.address])
    const write = (): void => {
      while (process.child.stdin.writable && process.child.stdin.write('Ada\n'.repeat(1_000)));
    }
    process.child.stdin.on('drain', write)
    write()
    await process.saw('stdout', 'Hello Ada')
    process.child.stdout.destroy()
    expect(await process.result()).toMatchObject({ exit: 0, stderr: '' })
  })

  it.skipIf(!existsSync('/dev/full'))('says so, without a stack, when its output cannot be written', async () => {
    const child = spawn('sh', ['-c', 'exec "$0" "$1" --version > /dev/full', BINARIES.node, GREET])
    let stderr = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
    expect(await once(child, 'close')).toEqual([1, null])
    expect(stderr).toBe('greet: Cannot write: ENOSPC: no space left on device, write\n')
  })

  it('drains the server when the reader of its events goes away', async () => {
    const { process, listening } = await startServe(['--greeter', GREETER, '--threading', 'pool', '--threads', '1'])
    process.child.stdout.destroy()
    const socket = await connected(listening.textAddress)
    socket.on('error', () => undefined)
    socket.write('exit\n')
    expect(await process.result()).toMatchObject({ exit: 0 })
  })

  it.each([
    [2, []],
    [2, ['serve', '--nonsense']],
    [3, ['Ada', '--server', 'unix:///nonexistent.sock']],
  ])('ends with %i for %j when nobody reads what it says of it', async (exit, args) => {
    const process = new GreetProcess(args)
    process.child.stderr.destroy()
    expect(await process.result()).toMatchObject({ exit })
  })

  it('serves on when nobody reads what it says of it', async () => {
    const pool = ['--port', '0', '--text-port', '0', '--threading', 'pool', '--threads', '1', '--greeter', GREETER]
    const process = new GreetProcess(['serve', ...pool])
    await process.saw('stderr', 'Ctrl-C')
    const address = /plain text on (\S+)/.exec(process.stderr)?.[1] as string
    process.child.stderr.destroy()
    // The thread that dies and its successor are told of in vain; the greetings after that are by the successor.
    for (const [name, reply] of [
      ['exit', /^! /],
      ['Ada', /^Hello Ada\n/],
      ['Eve', /^Hello Eve\n/],
    ] as const) {
      const socket = await connected(address)
      socket.end(name)
      expect(String((await once(socket, 'data'))[0])).toMatch(reply)
    }
    process.child.kill('SIGTERM')
    expect(await process.result()).toMatchObject({ exit: 0 })
  })

  it('ends with 130 when it is interrupted while it waits for names', async () => {
    const { listening } = await startServe()
    const process = new GreetProcess(['-', '--server', listening.address])
    process.child.stdin.write('Ada\n')
    await process.saw('stdout', 'Hello Ada\n')
    process.child.kill('SIGINT')
    expect(await process.result()).toEqual({ exit: 130, stdout: 'Hello Ada\n', stderr: '' })
  })

  it('refuses a port that another server has, with what to do, and ends with 3', async () => {
    const { listening } = await startServe()
    const { port } = new URL(listening.address)
    const { exit, stderr } = await greet(['serve', '--port', port, '--no-text'])
    expect(stderr).toMatch(new RegExp(`^greet: Cannot listen on tcp://127.0.0.1:${port}: it is in use; .*\n$`))
    expect(exit).toBe(3)
  })

  it('ends with 5 when the server breaks the protocol', async () => {
    const server = createServer((socket) => socket.on('error', () => undefined).end('HTTP/1.1 400 Bad Request\r\n\r\n'))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    onTestFinished(() => void server.close())
    const { exit, stderr } = await greet(['Ada', '--server', `127.0.0.1:${(server.address() as AddressInfo).port}`])
    expect(stderr).toMatch(/^greet: Cannot connect to .*\n$/)
    expect(exit).toBe(5)
  })

  it('tells what to type next once it listens', async () => {
    const process = new GreetProcess(['serve', '--port', '0', '--text-port', '0'])
    await process.saw('stderr', 'Ctrl-C')
    expect(process.stderr).toMatch(/^Listening on tcp:\/\/127\.0\.0\.1:\d+, plain text on tcp:/)
    expect(process.stderr).toMatch(/^ {2}npx greet Ada --server tcp:\/\/127\.0\.0\.1:\d+ {2,}Hello Ada$/m)
    expect(process.stderr).toMatch(/^ {2}printf Ada \| nc -N 127\.0\.0\.1 \d+ {2,}/m)
    expect(process.stdout).toBe('')
  })

  it('logs the stages of a server and the frames it sends and receives', async () => {
    const { process, listening } = await startServe(['-vv'])
    for (const stage of ['socket', 'bind', 'listen']) expect(process.stderr).toMatch(new RegExp(`^${stage} `, 'm'))
    await greet(['Ada', '--server', listening.address])
    await process.saw('stderr', 'close ')
    for (const stage of ['accept', 'receive', 'send', 'close'])
      expect(process.stderr).toMatch(new RegExp(`^${stage} `, 'm'))
    expect(process.stderr).toContain('  NAME, id 1, client to server, 3 bytes of payload')
    expect(process.stderr).toContain('  GREETING, id 1, server to client, 9 bytes of payload')
  })

  it('says so when the other runtime is not installed', async () => {
    const { exit, stderr } = await greet(['serve', '--runtime', 'bun'], { environment: { PATH: '/nonexistent' } })
    expect(stderr).toMatch(/^greet: Cannot run bun: there is no command "bun" on the PATH; install it from /)
    expect(exit).toBe(2)
  })

  it('finds nothing bad with the runtimes it is tested on', async () => {
    const { exit, stdout } = await greet(['doctor', '--json', '--port', '0', '--text-port', '0'])
    const findings = stdout
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as { check: string; found: string; status: string })
    expect(findings.map(({ check }) => check)).toEqual([
      'node',
      'SO_REUSEPORT on node',
      'bun',
      'SO_REUSEPORT on bun',
      'cores',
      'file descriptors',
      'port 0',
      'port 0',
    ])
    expect(findings[0]?.found).toContain(BINARIES.node)
    expect(findings.filter(({ status }) => status === 'bad')).toEqual([])
    expect(exit).toBe(0)
  })
})
