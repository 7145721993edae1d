/** A server that somebody else runs: what can be judged over its address, and what is left out. */
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { serverCases } from '../src/cases/server/catalogue.ts'
import { runAll } from '../src/run/runner.ts'
import { select } from '../src/run/selection.ts'
import { ServerBench } from '../src/run/server-bench.ts'
import { addressSource } from '../src/target/address-source.ts'
import { TargetError, TargetLate } from '../src/target/server-target.ts'
import { ONCE } from './reference/run-once.ts'
import { startReference, type ReferenceServer } from './reference/server.ts'

let server: ReferenceServer

beforeAll(async () => {
  server = await startReference({}, () => false)
})

afterAll(() => server.close())

async function judge(...run: string[]): Promise<string[]> {
  const bench = new ServerBench(addressSource(`127.0.0.1:${server.port}`), { timeoutScale: 1, seed: 1 })
  const results = await runAll(bench, select(serverCases, { run, skip: [] }), ONCE)
  return results.map(({ id, verdict, message = '' }) => `${id} ${verdict} ${message}`.trim())
}

const NEEDS_CONTROL = 'UNSUPPORTED needs control of the process; give a command instead of an address'

describe('a server at an address', () => {
  it('that answers nothing is late, and one that is not there is not', async () => {
    const silent = createServer((socket) => socket.on('error', () => undefined).resume())
    await once(silent.listen(0, '127.0.0.1'), 'listening')
    const { port } = silent.address() as AddressInfo
    const bench = new ServerBench(addressSource(`127.0.0.1:${port}`), { timeoutScale: 0.02, seed: 1 })
    await expect(bench.check()).rejects.toBeInstanceOf(TargetLate)
    silent.close()
    await once(silent, 'close')
    await expect(bench.check()).rejects.not.toBeInstanceOf(TargetLate)
    await expect(bench.check()).rejects.toBeInstanceOf(TargetError)
  })

  it('is judged by every case that needs no more, whatever comes before it', async () => {
    expect(await judge('lim.announce-16mib', 'grt.exact')).toEqual([
      `lim.announce-16mib ${NEEDS_CONTROL}`,
      'grt.exact PASS',
    ])
  })

  it('is not judged by a case that needs its process, also behind one that needs no more', async () => {
    expect(await judge('grt.exact', 'bp.slowloris')).toEqual(['grt.exact PASS', `bp.slowloris ${NEEDS_CONTROL}`])
  })
})
