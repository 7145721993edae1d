/** The program when a signal ends it: it leaves no adapter and no file behind. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, it } from 'vitest'

const bin = fileURLToPath(new URL('../bin/greetwire-conformance.mjs', import.meta.url))
const reference = new URL('reference/server-main.ts', import.meta.url).href
const directory = mkdtempSync(join(tmpdir(), 'greetwire-signals-'))

afterAll(() => rmSync(directory, { recursive: true }))

it.each([
  ['SIGTERM', 143],
  ['SIGINT', 130],
  ['SIGHUP', 129],
] as const)('ends its adapters and removes its files on %s', async (signal, code) => {
  const adapters = createServer((socket) => socket.on('error', () => undefined).resume())
  await once(adapters.listen(0, '127.0.0.1'), 'listening')
  const { port } = adapters.address() as AddressInfo
  // Tells the test that it has started, and by the end of that connection that it is gone.
  const adapter = `require('node:net').connect(${port}, '127.0.0.1'); import('${reference}')`
  const suite = spawn(
    process.execPath,
    [bin, 'server', '--run', 'gb.race', '--jobs', '1', '--', process.execPath, '-e', adapter],
    { env: { ...process.env, TMPDIR: directory }, stdio: 'ignore' },
  )
  const ended = once(suite, 'exit')
  // One is started to see that it refuses, one to be measured, and one for the cases.
  const ends = []
  for (let started = 0; started < 3; started += 1) {
    const [socket] = (await once(adapters, 'connection')) as [Socket]
    ends.push(once(socket, 'close'))
  }
  expect(readdirSync(directory)).not.toEqual([])
  suite.kill(signal)
  expect(await ended).toEqual([code, null])
  await Promise.all(ends)
  expect(readdirSync(directory)).toEqual([])
  adapters.close()
})
