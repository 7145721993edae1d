import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { networkInterfaces } from 'node:os'
import { describe, expect, it, onTestFinished } from 'vitest'
import { portFinding } from '../../src/doctor/machine-findings.ts'
import { startServe } from '../greet-process.ts'

const LOCAL_ADDRESSES = ['127.0.0.1', '::1'].filter((wanted) =>
  Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === wanted)),
)

describe('portFinding', () => {
  it('takes a port that another program has as bad, because no server can listen there', async () => {
    const other = createServer((socket) => socket.end('SSH-2.0\r\n'))
    other.listen(0, '127.0.0.1')
    await once(other, 'listening')
    onTestFinished(() => void other.close())
    const { port } = other.address() as AddressInfo
    expect(await portFinding('127.0.0.1', port)).toMatchObject({ status: 'bad', found: 'in use on 127.0.0.1' })
  })

  it.each(LOCAL_ADDRESSES)('knows a Greetwire server on %s', async (host) => {
    const { listening } = await startServe(['--host', host, '--threads', '1'])
    const port = Number(new URL(listening.address).port)
    expect(await portFinding(host, port)).toMatchObject({
      status: 'ok',
      found: `a Greetwire server listens on ${host}`,
    })
    const textPort = Number(new URL(listening.textAddress).port)
    expect(await portFinding(host, textPort)).toMatchObject({
      status: 'ok',
      found: `a Greetwire server listens on ${host}, for plain text`,
    })
  })

  it('says that a free port is free', async () => {
    expect(await portFinding('127.0.0.1', 0)).toMatchObject({ status: 'ok', found: 'free on 127.0.0.1' })
  })
})
