/** What every text on sockets and threads teaches, from the stages of a socket to a client in C++, each by its name, on both runtimes. */

import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { connect } from '@greetwire/client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { greeterFile } from '../support/greeter-file.ts'
import { childrenOf, threadsOf } from '../support/native-threads.ts'
import { greet, run } from '../support/program.ts'
import { RUNTIMES, SERVERS } from '../support/runtimes.ts'
import { ScratchDirectory } from '../support/scratch-directory.ts'
import { ServerProcess } from '../support/server-process.ts'
import { exchangeText } from '../support/text-client.ts'

const directory = new ScratchDirectory()
afterAll(() => directory[Symbol.dispose]())

// The workspace brings everything but a C++ compiler; where the whole of it is judged there must be one.
const hasCompiler = process.env['CI'] !== undefined || spawnSync('g++', ['--version']).error === undefined

const PLAIN_CLIENT =
  'a plain client in C++: writes a fixed 1024-byte zero-padded buffer holding the name, reads a reply (needs g++)'
let cppClient: Promise<string> | undefined

describe.each(SERVERS)('$runtime server, $threading', ({ runtime, threading }) => {
  const serve = (...args: string[]) =>
    ServerProcess.serve(runtime, ['--threading', threading, ...args], { E2E_DIRECTORY: directory.path })

  it('server stages: create socket and set options, bind, listen, accept, send and receive', async () => {
    const server = await serve('-v', '--threads', '1', '--no-text')
    await greet('node', ['Ada', '--server', server.address])
    await server.stop()

    const [hello, name, fin] = [['receive', 'send'], ['receive', 'send'], ['receive']]
    const ends = ['close', 'close']
    expect(stagesOf(server.stderr)).toEqual(['socket', 'bind', 'listen', 'accept', ...hello, ...name, ...fin, ...ends])
    expect(server.stderr.includes('SO_REUSEPORT')).toBe(threading === 'shard')
  })

  describe('client sends its name, server replies', () => {
    let server: ServerProcess
    beforeAll(async () => {
      server = await serve()
      return () => server.stop()
    })

    it.each(RUNTIMES)(
      '`Hello <name>` to the %s client, and client stages: create socket, connect, send, receive',
      async (clientRuntime) => {
        const { stdout, stderr, code } = await greet(clientRuntime, ['Ada Lovelace', '-v', '--server', server.address])

        expect({ stdout: stdout.toString(), code }).toEqual({ stdout: 'Hello Ada Lovelace\n', code: 0 })
        const [hello, name] = [
          ['send', 'receive'],
          ['send', 'receive'],
        ]
        const stages = stagesOf(stderr)
        expect(stages.slice(0, 6)).toEqual(['socket', 'connect', ...hello, ...name])
        expect(stages.at(-1)).toBe('close')
      },
    )

    it('`Hello <name>` on the plain text port', async () => {
      expect(await exchangeText(server.textPort, 'Ada\r\nZoë\n王')).toBe('Hello Ada\nHello Zoë\nHello 王\n')
    })

    it.runIf(hasCompiler)(PLAIN_CLIENT, async () => {
      cppClient ??= buildCppClient()
      const client = await cppClient
      const names = ['Ada', 'Grace Hopper', 'Ηρώ', '王小明']
      const port = String(server.textPort)

      const ended = await Promise.all(names.map((name) => run(client, ['127.0.0.1', port, name])))

      expect(ended.map(({ stdout }) => stdout.toString())).toEqual(names.map((name) => `Hello ${name}\n`))
    })
  })

  describe('at the same time', () => {
    let server: ServerProcess
    beforeAll(async () => {
      server = await serve('--greeter', greeterFile('meeting.ts'))
      return () => server.stop()
    })

    it('several clients', async () => {
      const clients = [
        ['node', 'Ada'],
        ['bun', 'Bob'],
        ['bun', 'Cleo'],
      ] as const

      const ended = await Promise.all(
        clients.map(([each, name]) => greet(each, [`${name} of 3`, '--server', server.address])),
      )

      expect(ended.map(({ stdout }) => stdout.toString())).toEqual(clients.map(([, name]) => `Hello ${name}\n`))
    })

    it.each([
      ['node', 4],
      ['bun', 5],
    ] as const)('several requests of the same %s client', async (clientRuntime, count) => {
      const names = ['Ada', 'Bob', 'Cleo', 'Dan', 'Eve'].slice(0, count)
      const requests = names.map((name) => `${name} of ${count}`)

      const { stdout } = await greet(clientRuntime, [...requests, '--server', server.address])

      expect(stdout.toString()).toBe(names.map((name) => `Hello ${name}\n`).join(''))
    })
  })

  it('without several copies of the program: threads of one process, never child processes', async () => {
    await using server = await serve('--greeter', greeterFile('burning.ts'))
    await using client = await connect(server.address)

    const greetings = await Promise.all([client.greet('Ada Bob 0'), client.greet('Bob Ada 0')])

    const greeted = new Set(greetings.map((greeting) => (JSON.parse(greeting) as { thread: string }).thread))
    expect(greeted.size).toBe(threading === 'pool' ? 2 : 1)
    expect(threadsOf(server.pid)).toEqual(expect.arrayContaining([...greeted]))
    // The main thread has the number of the process.
    expect(greeted).not.toContain(`${server.pid}/task/${server.pid}`)
    expect(childrenOf(server.pid)).toEqual([])
    // The same look does find a child where there is one.
    expect(childrenOf(process.pid)).toContain(server.pid)
  })

  describe('a thread can be given', () => {
    let servers: ServerProcess
    beforeAll(async () => {
      const program = fileURLToPath(new URL('../programs/serve-forms.ts', import.meta.url))
      servers = await ServerProcess.start(runtime, [program, threading])
      return () => servers.stop()
    })

    it.each([
      ['a function object: an object with greet', 'object', 'Hello dear Ada'],
      ['a function object: an instance of a class with greet', 'class', 'Greetings, Ada'],
      ['a function pointer: module and export', 'function', 'Good day Ada'],
      ['a function pointer: the default export of a module', 'default', 'Hey Ada'],
      ['a lambda expression', 'lambda', 'Hi Ada, said a lambda'],
    ])('%s', async (_, form, greeting) => {
      await using client = await connect(servers.events[0]?.[form] as string)

      expect(await client.greet('Ada')).toBe(greeting)
    })
  })
})

async function buildCppClient(): Promise<string> {
  const source = fileURLToPath(new URL('../../examples/cpp-client/greet.cpp', import.meta.url))
  const binary = directory.file('greet')
  const { code, stderr } = await run('g++', ['-Wall', '-Wextra', '-Werror', '-o', binary, source])
  if (code !== 0) throw new Error(`Cannot compile ${source}: ${stderr}`)
  return binary
}

/** The stages that `-v` logged, in order. */
function stagesOf(log: string): string[] {
  return log
    .split('\n')
    .flatMap((line) => /^(socket|bind|listen|accept|connect|send|receive|close) /.exec(line)?.[1] ?? [])
}
