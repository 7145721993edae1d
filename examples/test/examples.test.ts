import { readFile } from 'node:fs/promises'
import { connect } from '@greetwire/client'
import { describe, expect, it } from 'vitest'
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

  it('are what the README shows of a server and a client', async () => {
    const readme = await readFile(pathOf('../README.md'), 'utf8')
    for (const file of ['src/server.ts', 'src/client.ts']) {
      expect(readme).toContain(`\`\`\`ts\n${await readFile(pathOf(file), 'utf8')}\`\`\``)
    }
  })

  it.each(['node', 'bun'] as const)('greet as a client by the server on %s', async (runtime) => {
    const address = await served(runtime)
    const client = (await readFile(pathOf('src/client.ts'), 'utf8')).replace('tcp://127.0.0.1:4356', address)
    expect(await sourceOutput(client)).toBe(
      'Hello Ada\nGrace: Hello Grace\nEdsger: Hello Edsger\nBarbara: Hello Barbara\n',
    )
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
