/** Agents at their edges, other protocols at their first byte, and connections that end as soon as they begin. */
import { check } from '../../wire/failure.ts'
import { encodeFrame, FrameType, hello, name, ping } from '../../wire/frame.ts'
import { describeFrame, quote } from '../../wire/frame-text.ts'
import type { ServerCase } from '../../run/server-bench.ts'
import type { ServerTest } from '../../run/server-test.ts'
import { expectBarrier, expectFrame, expectOnlyFatal, expectPong } from '../expect.ts'
import { must, nameFor } from './define.ts'

const foreignGreetings = {
  get: 'GET / HTTP/1.1\r\nHost: reflected-canary\r\n\r\n',
  post: 'POST /reflected-canary HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello',
  connect: 'CONNECT reflected-canary:443 HTTP/1.1\r\n\r\n',
  http2: 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
}

export const openingForeignCases: ServerCase[] = [
  must('open.agent-255', 'an agent of 255 bytes is accepted', 'R-6.1-13 R-6.1-7', async (t) => {
    await expectBarrier(await t.connectWithHello({ agent: 'é'.repeat(127) + 'x' }))
  }),
  must(
    'open.agent-256',
    'a HELLO header that leaves more than 255 bytes for the agent is fatal at once',
    'R-6.1-7',
    async (t, length) => {
      const peer = await t.connect()
      peer.send(encodeFrame(FrameType.HELLO, 0, Buffer.alloc(0), Number(length)))
      await expectOnlyFatal(peer, 'PROTOCOL_VIOLATION', 0)
    },
    { variants: ['264', '265', '4096'] },
  ),
  must('open.agent-bad-utf8', 'an agent that is not UTF-8 is fatal', 'R-6.1-11 R-11-4', agentIsFatal, {
    variants: ['ff', 'c080', 'eda080', 'f4908080', '41c3'],
  }),
  must('open.agent-control', 'an agent with a control character is fatal', 'R-6.1-11', agentIsFatal, {
    variants: ['00', '0a', '1b5b', '7f', 'c280', 'c29f'],
  }),
  ...Object.entries({
    'open.http': foreignGreetings,
    'open.tls-hello': {
      'client-hello':
        Buffer.from('16030102000100 01fc0303'.replace(' ', ''), 'hex').toString('latin1') + 'reflected-canary',
    },
    'open.ssh': { banner: 'SSH-2.0-OpenSSH_9.9 reflected-canary\r\n' },
    'open.text': { name: 'reflected-canary\n', lf: '\nreflected-canary', xml: '<?xml reflected-canary' },
  }).map(([id, texts]) =>
    must(
      id,
      'another protocol is refused at its first byte, and nothing of it comes back',
      'R-5.3-1 R-10-4 R-11-11',
      (t, key) => refusesForeign(t, Buffer.from((texts as Record<string, string>)[key]!, 'latin1')),
      {
        variants: Object.keys(texts),
      },
    ),
  ),
  must(
    'open.first-byte',
    'each first byte other than 0x00 is judged alone',
    'R-5.3-1 R-10-4',
    async (t, byte) => {
      const peer = await t.connect()
      peer.send(Buffer.from([Number(byte)]))
      await expectOnlyFatal(peer, 'PAYLOAD_TOO_LARGE', 4096)
    },
    { variants: Array.from({ length: 255 }, (_, index) => `0x${(index + 1).toString(16).padStart(2, '0')}`) },
  ),
  must('open.postgres', 'the SSLRequest of PostgreSQL is a CANCEL of an id never seen', 'R-6.8-4', async (t) => {
    const peer = await t.connect()
    peer.send(Buffer.from('0000000804d2162f', 'hex'))
    await expectOnlyFatal(peer, 'PROTOCOL_VIOLATION', 0)
  }),
  must(
    'open.fin-empty',
    'FIN on a connection that sent nothing is answered with FIN and no frame',
    'R-13.1-4',
    async (t) => {
      const peer = await t.connect()
      peer.fin()
      await peer.expectFin('our FIN')
      check(peer.bytesReceived === 0, `expected no byte, got ${peer.bytesReceived}`)
    },
  ),
  must('open.fin-after-ping', 'FIN behind PINGs is answered with their PONGs, then FIN', 'R-13.1-2', async (t) => {
    const peer = await t.connect()
    peer.send(ping(1), ping(2))
    peer.fin()
    await expectPong(peer, 1)
    await expectPong(peer, 2)
    await peer.expectFin('the PONGs')
  }),
  must('open.rst', 'a reset before any byte disturbs nobody', 'R-9.2-2 R-13.2-2', async (t) => {
    const other = await t.connect()
    for (let round = 0; round < 10; round += 1) (await t.connect()).reset()
    await expectBarrier(other)
  }),
  must('open.server-quiet', 'the server sends nothing before the client speaks', 'R-6.2-1 R-15.3-2', async (t) => {
    const silent = await t.connectMany(3)
    await expectBarrier(await t.connect())
    for (const peer of silent) {
      check(peer.bytesReceived === 0, 'expected nothing before we speak')
      await expectBarrier(peer)
    }
  }),
  must('open.no-hello-no-grease', 'without HELLO a server sends no ignorable frame', 'R-15.3-2', async (t) => {
    const peer = await t.connect()
    peer.send(name(1, nameFor(t, 0)))
    await expectFrame(peer, FrameType.GREETING, 1)
    peer.send(ping(1))
    await expectPong(peer, 1)
    check(
      peer.received.length === 2,
      () => `expected two frames, got ${peer.received.map(({ frame }) => describeFrame(frame)).join(', ')}`,
    )
  }),
]

async function agentIsFatal(t: ServerTest, bytes: string): Promise<void> {
  const peer = await t.connect()
  peer.send(hello({ agent: Buffer.from(bytes, 'hex') }))
  await expectOnlyFatal(peer, 'PROTOCOL_VIOLATION', 0)
}

async function refusesForeign(t: ServerTest, bytes: Buffer): Promise<void> {
  const peer = await t.connect()
  peer.send(bytes)
  const message = await expectOnlyFatal(peer, 'PAYLOAD_TOO_LARGE', 4096)
  check(!message.includes('reflected'), () => `expected a message without our input, got ${quote(message)}`)
}
