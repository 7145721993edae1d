/** How a connection begins: with or without HELLO, in any cut, or with another protocol altogether. */
import { check } from '../../wire/failure.ts'
import { encodeFrame, FrameType, grease, hello, name, ping, readError } from '../../wire/frame.ts'
import { describeFrame } from '../../wire/frame-text.ts'
import type { ServerCase } from '../../run/server-bench.ts'
import type { ServerTest } from '../../run/server-test.ts'
import {
  expectBarrier,
  expectFatal,
  expectFrame,
  expectGreeting,
  expectGreetings,
  expectOnlyFatal,
  expectPong,
  expectWelcome,
} from '../expect.ts'
import { must, nameFor, namesFor } from './define.ts'
import { expectPredicted, predict } from './model.ts'

/** HELLO and ten names, as one stream of bytes that is cut in every way. */
const stream = Buffer.concat([
  hello({ agent: 'cut' }),
  ...Array.from({ length: 10 }, (_, index) => name(index + 1, 'abcdefghij'[index]!)),
])

const foreignGreetings = {
  get: 'GET / HTTP/1.1\r\nHost: reflected-canary\r\n\r\n',
  post: 'POST /reflected-canary HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello',
  connect: 'CONNECT reflected-canary:443 HTTP/1.1\r\n\r\n',
  http2: 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
}

export const openingCases: ServerCase[] = [
  must('open.name-first', 'a NAME without HELLO is answered', 'R-15.1-3 R-6.4-4 R-6.4-1', async (t) => {
    const peer = await t.connect()
    peer.send(name(1, nameFor(t, 0)))
    await expectGreeting(peer, 1, nameFor(t, 0))
    await expectBarrier(peer)
  }),
  must('open.hello', 'a HELLO gets exactly one WELCOME', 'R-6.1-13 R-6.2-1 R-6.2-2 R-6.2-5', async (t) => {
    const peer = await t.connectWithHello({ agent: 'conformance' })
    await expectBarrier(peer)
  }),
  must(
    'open.hello-name-coalesced',
    'HELLO and 100 NAMEs in one segment are all answered, WELCOME first',
    'R-5.1-5 R-7.5-2 R-6.1-13',
    async (t) => {
      const peer = await t.connect()
      const names = namesFor(t, 100)
      peer.send(hello(), ...[...names].map(([id, text]) => name(id, text)))
      await expectWelcome(peer)
      await expectGreetings(peer, names)
      await expectBarrier(peer)
    },
  ),
  must(
    'open.split-every',
    'HELLO and ten NAMEs are answered however they are cut in two',
    'R-5.3-6 R-5.1-5',
    async (t, cut) => {
      const peer = await t.connect()
      await peer.sendCut(stream, [Number(cut)])
      peer.fin()
      await expectPredicted(peer, predict(stream, t.limits))
    },
    { variants: Array.from({ length: stream.length - 1 }, (_, index) => String(index + 1)) },
  ),
  must(
    'open.bytewise',
    'HELLO and ten NAMEs are answered when they come byte by byte',
    'R-5.3-6 R-5.1-5',
    async (t) => {
      const peer = await t.connect()
      await peer.sendCut(stream, everyByte(stream))
      peer.fin()
      await expectPredicted(peer, predict(stream, t.limits))
    },
  ),
  must(
    'open.ping-first',
    'the constant health check is answered with constant bytes, and HELLO is still legal',
    'R-6.6-3 R-6.6-4 R-6.7-1',
    async (t) => {
      const peer = await t.connect()
      peer.send(Buffer.from('0000000600000000', 'hex'))
      await expectPong(peer, 0)
      check(peer.bytesReceived === 8, `expected exactly the 8 bytes of PONG, got ${peer.bytesReceived}`)
      peer.send(hello())
      await expectWelcome(peer)
    },
  ),
  must('open.ignorable-first', 'HELLO is legal after ignorable frames', 'R-5.2-2 R-5.2-1 R-15.4-2', async (t) => {
    const peer = await t.connect()
    peer.send(grease(0, Buffer.from('x')), encodeFrame(0xff, 7), hello())
    await expectWelcome(peer)
    await expectBarrier(peer)
  }),
  must('open.hello-twice', 'a second HELLO is fatal', 'R-6.1-8', async (t) => {
    const peer = await t.connectWithHello()
    peer.send(hello())
    await expectOnlyFatal(peer, 'PROTOCOL_VIOLATION', 0)
  }),
  must('open.hello-after-name', 'a HELLO after a NAME is fatal', 'R-6.1-8', async (t) => {
    const peer = await t.connect()
    peer.send(name(1, nameFor(t, 1)), hello())
    const before = await expectFatal(peer, 'PROTOCOL_VIOLATION', 0)
    check(
      before.length === 1 && before[0]?.type === FrameType.GREETING,
      'expected the answer to the NAME before the ERROR',
    )
  }),
  must(
    'open.hello-short',
    'a HELLO header with a length below 8 is fatal at once',
    'R-6.1-7 R-5.3-2',
    async (t, length) => {
      const peer = await t.connect()
      peer.send(encodeFrame(FrameType.HELLO, 0, Buffer.alloc(0), Number(length)))
      await expectOnlyFatal(peer, 'PROTOCOL_VIOLATION', 0)
    },
    { variants: ['0', '1', '2', '3', '4', '5', '6', '7'] },
  ),
  must(
    'open.hello-id',
    'a HELLO header with an id other than 0 is fatal',
    'R-6.1-7',
    async (t, id) => {
      const peer = await t.connect()
      peer.send(hello({}, Number(id)))
      await expectOnlyFatal(peer, 'PROTOCOL_VIOLATION', 0)
    },
    { variants: ['1', '256', '2147483648', '4294967295'] },
  ),
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

/** Offsets after every byte but the last. */
export function everyByte(bytes: Buffer): number[] {
  return Array.from({ length: bytes.length - 1 }, (_, index) => index + 1)
}

async function agentIsFatal(t: ServerTest, bytes: string): Promise<void> {
  const peer = await t.connect()
  peer.send(hello({ agent: Buffer.from(bytes, 'hex') }))
  await expectOnlyFatal(peer, 'PROTOCOL_VIOLATION', 0)
}

async function refusesForeign(t: ServerTest, bytes: Buffer): Promise<void> {
  const peer = await t.connect()
  peer.send(bytes)
  await expectOnlyFatal(peer, 'PAYLOAD_TOO_LARGE', 4096)
  const message = readError(peer.received.at(-1)!.frame)!.message.toString('latin1')
  check(!message.includes('reflected'), () => `expected a message without our input, got ${JSON.stringify(message)}`)
}
