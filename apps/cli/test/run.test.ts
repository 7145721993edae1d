import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { COMMANDS } from '../src/command-table.ts'
import { describeOptions } from '../src/option-schema.ts'
import { EXIT_CODES } from '../src/exit-codes.ts'
import { run } from '../src/run.ts'
import { MemoryIo } from './memory-io.ts'

async function greet(...args: string[]): Promise<{ exit: number; io: MemoryIo }> {
  const io = new MemoryIo()
  return { exit: await run(args, io), io }
}

describe('greet', () => {
  it('lists every command and exit code in its help', async () => {
    const { exit, io } = await greet('--help')
    for (const { usage } of COMMANDS) expect(io.stdout.text).toContain(`greet ${usage}`)
    expect(io.stdout.text).toContain('130  interrupted before the end')
    expect(exit).toBe(0)
  })

  it('has the exit codes of its README', async () => {
    const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8')
    const rows = readme.matchAll(/^\| (\d+) +\| (.*?) +\|$/gm)
    const codes = Object.values(EXIT_CODES).map(({ code, meaning }) => [String(code), meaning])
    expect(Array.from(rows, ([, code, meaning]) => [code, meaning?.replaceAll('`', '')])).toEqual(codes)
  })

  it.each(['serve', 'name', 'ping', 'bench'])('says in the help of %s what a time of 0 means', async (command) => {
    expect((await greet(command, '--help')).io.stdout.text).toMatch(/^A (time|timeout) of 0 /m)
  })

  it('says of which command the options are not set by variables', async () => {
    expect((await greet('--help')).io.stdout.text).toContain('environment variable, except those of greet conformance;')
    expect((await greet('conformance', '--help')).io.stdout.text).not.toContain('GREETWIRE_')
  })

  it('prints its help on stderr and ends with 2 when nothing is asked', async () => {
    const { exit, io } = await greet()
    expect(io.stdout.text).toBe('')
    expect(io.stderr.text).toContain('Usage:')
    expect(exit).toBe(2)
  })

  it.each(COMMANDS.filter((command) => 'schema' in command))(
    'names every option of $name, its environment variable and its default in its help',
    async (command) => {
      const { io } = await greet(command.name, '--help')
      const options = 'schema' in command ? describeOptions(command.schema) : []
      expect(options.length).toBeGreaterThan(0)
      for (const { flag, environment, description } of options) {
        expect(io.stdout.text).toMatch(new RegExp(`--(no-)?${flag}\\b`))
        expect(io.stdout.text).toMatch(new RegExp(`^ +${environment}(=0)?$`, 'm'))
        expect(description).not.toBe('')
      }
      expect((await greet('help', command.name)).io.stdout.text).toBe(io.stdout.text)
    },
  )

  it('shows what a variable is set to for the same as a flag that turns something off', async () => {
    const { io } = await greet('serve', '--help')
    expect(io.stdout.text).toMatch(/^ +--no-text\n.*\n +GREETWIRE_TEXT=0$/m)
    expect(io.stdout.text).toMatch(/^ +GREETWIRE_JSON$/m)
  })

  it('names options in its help and its refusals as they are typed', async () => {
    expect((await greet('serve', '--help')).io.stdout.text).toContain(
      'the longest name in bytes, at most --max-payload',
    )
    const { exit, io } = await greet('serve', '--no-text', '--port', '0', '--max-name', '5000')
    expect(io.stderr.text).toBe('greet: Cannot start the server: --max-name is 5000, above --max-payload 4096\n')
    expect(exit).toBe(2)
  })

  it('keeps every line of help within 130 columns', async () => {
    for (const words of [['help'], ...COMMANDS.map(({ name }) => [name, '--help'])]) {
      const { io } = await greet(...words)
      for (const line of io.stdout.lines) expect(line.length, line).toBeLessThanOrEqual(130)
    }
  })

  it('tells its version', async () => {
    expect((await greet('--version')).io.stdout.text).toMatch(/^\d+\.\d+\.\d+\n$/)
  })

  it.each([
    [['serve', 'now'], 'greet: Cannot read "now": greet serve takes nothing more. Usage: greet serve [options]\n'],
    [['name'], 'greet: Cannot start greet name: something is missing. Usage: greet [name] NAME… [options]\n'],
    [
      ['serve', '--port', '0', '--no-text', '--tls-request-cert'],
      'greet: Cannot use TLS: --tls-request-cert needs --tls-key and --tls-cert\n',
    ],
    [
      ['serve', '--port', '0', '--no-text', '--tls-ca', 'ca.pem'],
      'greet: Cannot use TLS: --tls-ca needs --tls-request-cert, without which no client is checked\n',
    ],
    [
      ['serve', '--port', '0', '--no-text', '--tls-ca', 'ca.pem', '--tls-key', 'key.pem', '--tls-cert', 'cert.pem'],
      'greet: Cannot use TLS: --tls-ca needs --tls-request-cert, without which no client is checked\n',
    ],
    ...['name', 'ping', 'bench'].map((command): [string[], string] => [
      [command, ...(command === 'name' ? ['Ada'] : []), '--tls-ca', 'ca.pem'],
      'greet: Cannot use --tls-ca: tcp://127.0.0.1:4356 has no TLS; name the server as tls://host:port, or leave --tls-ca ' +
        '(GREETWIRE_TLS_CA) out\n',
    ]),
    ...['cert', 'key', 'server-name'].map((option): [string[], string] => [
      ['Ada', '--server', 'unix:///tmp/none.sock', `--tls-${option}`, 'x'],
      `greet: Cannot use --tls-${option}: unix:///tmp/none.sock has no TLS; name the server as tls://host:port, or leave ` +
        `--tls-${option} (GREETWIRE_TLS_${option.toUpperCase().replace('-', '_')}) out\n`,
    ]),
    [['help', 'nobody'], 'greet: Cannot help with "nobody": there is no such command\n'],
    [
      ['Ada', '--server', 'http://x'],
      'greet: Cannot connect to "http://x": the scheme "http" is not tcp, tls or unix\n',
    ],
  ])('refuses %j with exit code 2', async (args, message) => {
    const { exit, io } = await greet(...args)
    expect(io.stderr.text).toBe(message)
    expect(exit).toBe(2)
  })

  it('colours its errors on a terminal, unless NO_COLOR is set', async () => {
    const coloured = new MemoryIo()
    coloured.stderr.isTerminal = true
    await run(['serve', '--nonsense'], coloured)
    expect(coloured.stderr.text).toContain('\u001b[31mgreet:')

    const plain = new MemoryIo({ environment: { NO_COLOR: '1' } })
    plain.stderr.isTerminal = true
    await run(['serve', '--nonsense'], plain)
    expect(plain.stderr.text).not.toContain('\u001b')
  })

  it('ends with 130 when it is interrupted while it waits for input', async () => {
    const forever = { [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => undefined) }) }
    const io = new MemoryIo({ stdin: forever })
    const ending = run(['decode'], io)
    io.interruption.abort()
    expect(await ending).toBe(130)
  })

  it('closes a server that listens only after it was interrupted', async () => {
    const io = new MemoryIo()
    const ending = run(['serve', '--port', '0', '--no-text', '--threads', '1', '-v'], io)
    io.interruption.abort()
    expect(await ending).toBe(130)
    await expect.poll(() => io.stderr.text).toMatch(/^listen .*\n(.*\n)*close /m)
  })

  it('hands the arguments of conformance to the suite', async () => {
    const { exit, io } = await greet('conformance', 'list', 'server')
    expect(io.stdout.lines.length).toBeGreaterThan(50)
    expect(exit).toBe(0)
    expect((await greet('conformance', 'nonsense')).exit).toBe(2)
  })

  it('ends quietly with 0 when nobody reads its output any more', async () => {
    const io = new MemoryIo({ stdin: ['00000006 00000000 00000006 00000000'] })
    io.stdout.writesLeft = 1
    expect(await run(['decode'], io)).toBe(0)
    expect(io.stderr.text).toBe('')
  })
})
