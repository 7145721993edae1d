/** Servers that an adapter starts, and ends with all that it has started; adapters that refuse. */
import { once } from 'node:events'
import { connect } from 'node:net'
import { describe, expect, it } from 'vitest'
import { STARTS_WITHIN_MS } from '../src/target/child.ts'
import { commandSource } from '../src/target/command-source.ts'
import type { ServerTarget } from '../src/target/server-target.ts'
import { Unsupported } from '../src/wire/failure.ts'

function adapter(source: string): string[] {
  return [process.execPath, '-e', `process.stdin.on("data", () => { ${source} })`]
}

/** Settles when there is a connection, with a promise that settles when the other side is gone. */
async function connectionTo({ host, port }: ServerTarget): Promise<{ gone: Promise<void> }> {
  const socket = connect(port, host)
  await once(socket, 'connect')
  return {
    gone: new Promise((resolve) =>
      socket
        .on('error', () => undefined)
        .on('close', () => resolve())
        .resume(),
    ),
  }
}

const options = { lingerTimeoutMs: 5, tls: { keyFile: '/key', certFile: '/cert' } }

describe('an adapter that exits with 89', () => {
  it('is said to lack one of its options, each by its whole name', async () => {
    const starting = commandSource(adapter('process.exit(89)'), STARTS_WITHIN_MS).start(options)
    await expect(starting).rejects.toThrow(Unsupported)
    await expect(starting).rejects.toThrow(/^the adapter lacks one of: lingerTimeoutMs, tls\.keyFile, tls\.certFile$/)
  })

  it('is quoted when it says which', async () => {
    const says = 'console.error("starting\\nno TLS without libssl"); process.exit(89)'
    const starting = commandSource(adapter(says), STARTS_WITHIN_MS).start(options)
    await expect(starting).rejects.toThrow('tls.certFile; it says "no TLS without libssl"')
  })
})

describe('an adapter behind a shell', () => {
  const listen = `
    const server = require('node:net').createServer().listen(0, '127.0.0.1', () =>
      console.log(JSON.stringify({ host: '127.0.0.1', port: server.address().port })))`
  const shell = ['sh', '-c', '"$0" -e "$1"; exit $?', process.execPath, listen]

  it('is killed together with the shell', async () => {
    const target = await commandSource(shell, STARTS_WITHIN_MS).start({})
    const { gone } = await connectionTo(target)
    await target.kill()
    await expect(gone).resolves.toBeUndefined()
  })

  it('is killed when the shell is gone before it', async () => {
    const target = await commandSource(shell, STARTS_WITHIN_MS).start({})
    const { gone } = await connectionTo(target)
    target.terminate()
    expect(await target.exited).toEqual({ code: null, signal: 'SIGTERM' })
    await target.kill()
    await expect(gone).resolves.toBeUndefined()
  })
})
