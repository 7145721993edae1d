import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type Server, serve } from '@greetwire/server-node'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { run } from '../../src/run.ts'
import { MemoryIo } from '../memory-io.ts'

const pem = (file: string): string =>
  fileURLToPath(new URL(`../../../../packages/server-core/test/suite/certificates/${file}`, import.meta.url))
const text = (file: string): string => readFileSync(pem(file), 'utf8')
const CA = ['--tls-ca', pem('ca.pem')]
const OURS = ['--tls-cert', pem('client.pem'), '--tls-key', pem('client.key')]

let server: Server

beforeAll(async () => {
  const tls = { cert: text('server.pem'), key: text('server.key'), ca: text('ca.pem'), requestCert: true }
  server = await serve({ port: 0, threads: 1, log: () => {}, tls })
})

afterAll(() => server.close())

async function bench(...words: string[]): Promise<{ exit: number; io: MemoryIo }> {
  const io = new MemoryIo()
  const load = ['-c', '2', '-n', '50', '--warmup', '0', '-z', '10s', '--json']
  return { exit: await run(['bench', '-s', server.address, ...load, ...words], io), io }
}

it('measures by TLS a server that asks for a certificate', async () => {
  const { exit, io } = await bench(...CA, ...OURS)
  expect(io.stdout.events).toMatchObject([{ target: server.address, requests: 50 }])
  expect(exit).toBe(0)
})

it.each([
  ['the authority is not trusted', OURS],
  ['the certificate has another name', [...CA, ...OURS, '--tls-server-name', 'other.example']],
  ['the server misses our certificate', CA],
])('exits 3 when %s', async (_, words) => {
  const { exit, io } = await bench(...words)
  expect(io.stderr.text).toContain(`Cannot connect to ${server.address}: `)
  expect(exit).toBe(3)
})

it('takes any certificate when it is told to', async () => {
  expect((await bench(...OURS, '--tls-insecure')).exit).toBe(0)
})
