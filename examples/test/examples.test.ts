import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { connect } from '@greetwire/client'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { output, pathOf, type RuntimeName, sourceOutput, started } from './runtime-process.ts'

describe('the examples', () => {
  it.each(['node', 'bun'] as const)('show a greeter in each of its forms on %s', async (runtime) => {
    expect(await output(runtime, 'src/greeter-forms.ts')).toBe(
      [
        'a function, by module and export: Hello Ada',
        'an object or class with greet(name): Good day, dear Ada (guest number 1 of this thread)',
        'a function given inline: Hi Ada',
        '',
      ].join('\n'),
    )
  })

  it.each(['node', 'bun'] as const)('show a message of one’s own on %s', async (runtime) => {
    expect(await output(runtime, 'src/weather-message.ts')).toBe(
      '0000104000000001000751466f672c207468656e2073756e\nid 1, station 7, 81 %: Fog, then sun\n',
    )
  })

  it.each([
    ['../README.md', 'src/server.ts', 'ts'],
    ['../README.md', 'src/client.ts', 'ts'],
    ['../README.md', 'interop/greet.py', 'python'],
    ['../packages/server-node/README.md', 'src/server.ts', 'ts'],
    ['../packages/server-bun/README.md', 'src/server.ts', 'ts'],
  ])('are what %s shows of %s', async (readme, file, language) => {
    const shown = (await readFile(pathOf(readme), 'utf8')).replace(
      `import { serve } from '@greetwire/server-bun'\n`,
      `import { serve } from '@greetwire/server-node' // or '@greetwire/server-bun': same options, same Server\n`,
    )
    expect(shown).toContain(`\`\`\`${language}\n${await readFile(pathOf(file), 'utf8')}\`\`\``)
  })

  it('read the bytes of a greeting as the README of the protocol does', async () => {
    const [, code] = /^```ts\n(.*?)^```/ms.exec(await readFile(pathOf('../packages/protocol/README.md'), 'utf8')) ?? []
    const greeting = '0000090400000001' + Buffer.from('Hello Ada').toString('hex')
    const reading = code?.replace('decoder.push(chunk)', `decoder.push(Buffer.from('${greeting}', 'hex'))`)
    expect(await sourceOutput(`${reading}\nconsole.log(Buffer.from(bytes).toString('hex'))`)).toBe(
      "1 { greeting: 'Hello Ada' }\n0000030300000001416461\n",
    )
  })

  it.each(['node', 'bun'] as const)('greet in Python by the server on %s', async (runtime) => {
    const { port } = new URL(await served(runtime))
    const client = (await readFile(pathOf('interop/greet.py'), 'utf8')).replace('4356', port)
    const greet = (name: string) => promisify(execFile)('python3', ['-c', client, name])
    expect((await greet('Zoë')).stdout).toBe('Hello Zoë\n')
    await expect(greet('')).rejects.toMatchObject({ code: 1, stderr: 'Error 0x0101\n' })
  })

  it.each(['node', 'bun'] as const)('greet as a client by the server on %s', async (runtime) => {
    const address = await served(runtime)
    const client = (await readFile(pathOf('src/client.ts'), 'utf8')).replace('tcp://127.0.0.1:4356', address)
    expect(await sourceOutput(client)).toBe(
      'Hello Ada\nGrace: Hello Grace\nEdsger: Hello Edsger\nBarbara: Hello Barbara\n',
    )
  })

  it.each(['node', 'bun'] as const)('pass names on to another server on %s', async (runtime) => {
    vi.stubEnv('UPSTREAM', await served(runtime, '--greeter', pathOf('src/polite-greeter.ts'), '--threads', '1'))
    onTestFinished(() => void vi.unstubAllEnvs())
    await using client = await connect(await served(runtime, '--greeter', pathOf('src/proxy.ts'), '--threads', '1'))
    expect(await client.greet('Ada')).toBe('Good day, dear Ada (guest number 1 of this thread)')
  })

  it.each(['node', 'bun'] as const)('offer a greeter to edit to greet serve on %s', async (runtime) => {
    const address = await served(runtime, '--greeter', pathOf('src/greeter.ts'))
    await using client = await connect(address)
    expect(await client.greet('Ada')).toBe('Hello Ada')
  })
})

/** Starts `greet serve` on a free port and returns its address. */
async function served(runtime: RuntimeName, ...args: string[]): Promise<string> {
  const options = ['serve', '--json', '--port', '0', '--no-text', ...args]
  const listening = JSON.parse(await started(runtime, '../apps/cli/bin/greet.mjs', options)) as { address: string }
  return listening.address
}
