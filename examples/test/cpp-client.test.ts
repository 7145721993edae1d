/** The oldest kind of client there is, a buffer of 1024 bytes filled up with zeros, is greeted by the text port of both servers. */

import { execFile, execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { pathOf, started } from './runtime-process.ts'

const run = promisify(execFile)
const NAMES = ['Ada', 'Grace Hopper', 'Zoë', '山田太郎', 'x'.repeat(1_023)]

async function textPort(runtime: 'node' | 'bun'): Promise<string> {
  const options = ['serve', '--json', '--port', '0', '--text-port', '0']
  const listening = JSON.parse(await started(runtime, '../apps/cli/bin/greet.mjs', options)) as { textAddress: string }
  return new URL(listening.textAddress).port
}

it.each(['node', 'bun'] as const)(
  'a padded buffer is answered with a greeting by the server on %s',
  async (runtime) => {
    const port = Number(await textPort(runtime))
    const replies = await Promise.all(NAMES.map((name) => replyToBuffer(port, name)))
    expect(replies).toEqual(NAMES.map((name) => `Hello ${name}\n`))
  },
)

// A machine with only Node need not have a C++ compiler; the test above sends the same bytes there.
describe.runIf(hasCompiler())('the C++ client', () => {
  let folder: string

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'greetwire-cpp-'))
    const flags = ['-std=c++17', '-Wall', '-Wextra', '-Werror', '-o', join(folder, 'greet')]
    await run('g++', [...flags, pathOf('cpp-client/greet.cpp')])
  }, 60_000)
  afterAll(() => rm(folder, { recursive: true }))

  it.each(['node', 'bun'] as const)('is greeted by the server on %s, several at the same time', async (runtime) => {
    const port = await textPort(runtime)
    const replies = await Promise.all(
      NAMES.map(async (name) => (await run(join(folder, 'greet'), ['127.0.0.1', port, name])).stdout),
    )
    expect(replies).toEqual(NAMES.map((name) => `Hello ${name}\n`))
  })
})

/** Does what the C++ client does. */
async function replyToBuffer(port: number, name: string): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  const buffer = Buffer.alloc(1_024)
  buffer.write(name)
  socket.write(buffer)
  let reply = Buffer.alloc(0)
  while (!reply.includes('\n')) reply = Buffer.concat([reply, ((await once(socket, 'data')) as [Buffer])[0]])
  socket.destroy()
  return reply.toString()
}

function hasCompiler(): boolean {
  try {
    execFileSync('g++', ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
