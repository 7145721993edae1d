import { createServer, type ServerHttp2Stream } from 'node:http2'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { message, sayHello } from '../src/grpc-call.ts'
import { parseH2load } from '../src/h2load.ts'

const PRINTED = `
finished in 6.02s, 5184.00 req/s, 256.35KB/s
requests: 25920 total, 25920 started, 25920 done, 25920 succeeded, 0 failed, 0 errored, 0 timeout
status codes: 26000 2xx, 0 3xx, 0 4xx, 0 5xx
traffic: 1.25MB (1312520) total, 238.5KB (244240) headers (space savings 96.32%), 497.5KB (509440) data
                     min         max         mean         sd        +/- sd
time for request:     2.86ms     90.88ms     24.87ms     20.46ms    85.49%
`

/** A gRPC server that answers every call with this. */
async function grpcServer(reply: Buffer | undefined, status: number): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  server.on('stream', (stream: ServerHttp2Stream) => {
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true })
    stream.once('wantTrailers', () => stream.sendTrailers({ 'grpc-status': String(status) }))
    stream.end(reply)
  })
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

describe('parseH2load', () => {
  it('takes the time from the rate, which knows nothing of the warm-up', () => {
    expect(parseH2load(PRINTED, 16)).toMatchObject({ requests: 25_920, perSecond: 5_184, seconds: 5 })
  })

  it('does not pass a mean for a percentile', () => {
    expect(parseH2load(PRINTED, 16).latencyUs).toBeUndefined()
  })

  it('throws when requests failed', () => {
    expect(() => parseH2load(PRINTED.replace('0 failed', '1 failed'), 16)).toThrow('h2load failed')
    expect(() => parseH2load(PRINTED.replace('0 errored', '1 errored'), 16)).toThrow('h2load failed')
  })

  it('throws when replies are missing behind a good HTTP status', () => {
    expect(() => parseH2load(PRINTED.replace('(509440)', '(0)'), 16)).toThrow('h2load failed')
  })

  it('throws when nothing was answered', () => {
    expect(() => parseH2load(PRINTED.replace('25920 succeeded', '0 succeeded'), 16)).toThrow('h2load failed')
  })
})

describe('sayHello', () => {
  it('accepts the greeting', async () => {
    await expect(sayHello(await grpcServer(message('Hello Ada'), 0), 'Ada')).resolves.toBeUndefined()
  })

  it('rejects an error of gRPC behind a good HTTP status', async () => {
    await expect(sayHello(await grpcServer(undefined, 12), 'Ada')).rejects.toThrow('gRPC status 12')
  })

  it('rejects another greeting', async () => {
    await expect(sayHello(await grpcServer(message('Hello Bob'), 0), 'Ada')).rejects.toThrow('SayHello answered')
  })
})
