/** What errors cost, when they come, and that they arrive. */
import { check, Inconclusive, Unsupported } from '../../wire/failure.ts'
import { cancel, encodeFrame, FrameType, hello, name, ping, readError, type CodeName } from '../../wire/frame.ts'
import { describeFrame } from '../../wire/frame-text.ts'
import { numbered } from '../../run/case.ts'
import type { ServerCase } from '../../run/server-bench.ts'
import type { ServerTest } from '../../run/server-test.ts'
import {
  collectTerminals,
  expectBarrier,
  expectFatal,
  expectGreeting,
  expectOnlyFatal,
  expectRequestError,
} from '../expect.ts'
import { BUFFERS_BYTES } from '../buffers.ts'
import { delayed, must, nameFor } from './define.ts'

const fatal: Record<string, { bytes: Buffer; code: CodeName; detail: number }> = {
  'name-id-zero': { bytes: name(0, 'x'), code: 'PROTOCOL_VIOLATION', detail: 0 },
  'name-repeat': { bytes: Buffer.concat([name(1, 'x'), name(1, 'x')]), code: 'PROTOCOL_VIOLATION', detail: 0 },
  'cancel-future': { bytes: cancel(7), code: 'PROTOCOL_VIOLATION', detail: 0 },
  'ping-payload': { bytes: encodeFrame(FrameType.PING, 0, Buffer.from('x')), code: 'PROTOCOL_VIOLATION', detail: 0 },
  'wrong-direction': { bytes: encodeFrame(FrameType.PONG, 0), code: 'PROTOCOL_VIOLATION', detail: 0 },
  'bad-hello': { bytes: hello({ maxPayload: 1 }), code: 'PROTOCOL_VIOLATION', detail: 0 },
  'second-hello': { bytes: Buffer.concat([hello(), hello()]), code: 'PROTOCOL_VIOLATION', detail: 0 },
  'new-version': { bytes: hello({ minVersion: 3, maxVersion: 4 }), code: 'UNSUPPORTED_VERSION', detail: 0x0001_0001 },
  'too-large': {
    bytes: encodeFrame(FrameType.NAME, 1, Buffer.alloc(0), 65_535),
    code: 'PAYLOAD_TOO_LARGE',
    detail: 4096,
  },
  'other-protocol': { bytes: Buffer.from('EHLO example\r\n'), code: 'PAYLOAD_TOO_LARGE', detail: 4096 },
  'type-zero': { bytes: encodeFrame(0, 0), code: 'UNKNOWN_TYPE', detail: 0 },
  'unknown-type': { bytes: encodeFrame(0x2a, 0), code: 'UNKNOWN_TYPE', detail: 0 },
}

export const errorCases: ServerCase[] = [
  must(
    'err.request-lives',
    'a request error leaves the connection and its other requests alone',
    'R-9.4-1 R-6.3-4',
    async (t, kind) => {
      const bytes =
        kind === 'empty'
          ? ''
          : kind === 'ill-formed'
            ? Buffer.from([0xc3])
            : kind === 'control'
              ? '\n'
              : 'n'.repeat(t.limits.maxName + 1)
      if (bytes.length > 4096) throw new Unsupported('needs maxName below 4096')
      const peer = await t.connect()
      peer.send(name(1, nameFor(t, 1)), name(2, bytes), name(3, nameFor(t, 3)))
      const answers = await collectTerminals(peer, [1, 2, 3])
      check(
        answers.get(1)!.type === FrameType.GREETING && answers.get(3)!.type === FrameType.GREETING,
        'expected the names around the bad one to be greeted',
      )
      check(answers.get(2)!.type === FrameType.ERROR, 'expected the bad name to be refused')
      await expectBarrier(peer)
    },
    { variants: ['empty', 'ill-formed', 'control', 'too-long'] },
  ),
  must(
    'err.greeter-failed',
    'a greeter that throws costs its request only',
    'R-9.4-6 R-9.4-1',
    async (t) => {
      const peer = await t.connect()
      peer.send(name(1, '~throw~x'))
      await expectRequestError(peer, 1, 'GREETER_FAILED', 0)
      peer.send(name(2, 'Ada'))
      await expectGreeting(peer, 2, 'Ada')
    },
    delayed,
  ),
  must(
    'err.greeter-failed-text',
    'what a greeter throws does not come back',
    'R-17-5 R-11-11',
    async (t) => {
      const peer = await t.connect()
      peer.send(name(1, '~throw~canary'))
      const frame = await expectRequestError(peer, 1, 'GREETER_FAILED', 0)
      check(!readError(frame)!.message.includes('canary'), 'expected a message without the name')
    },
    delayed,
  ),
  must(
    'err.fatal-code',
    'each violation is reported by its code and detail',
    'R-9.3-4 R-6.5-2 R-6.5-3 R-10-4 R-9.5-2 R-9.3-8',
    async (t, kind) => {
      const { bytes, code, detail } = fatal[kind]!
      const peer = await t.connect()
      peer.send(bytes)
      await expectFatal(peer, code, detail)
    },
    { variants: Object.keys(fatal) },
  ),
  must(
    'err.fatal-once',
    'of many violations only the first is reported, once, then FIN',
    'R-9.2-1 R-9.3-4 R-9.3-5 R-9.3-7',
    async (t, kind) => {
      const { bytes, code } = fatal[kind]!
      const peer = await t.connect()
      peer.send(bytes, name(0, 'x'), encodeFrame(0x0c, 1), Buffer.alloc(100, 0xff))
      await expectFatal(peer, code)
    },
    { variants: Object.keys(fatal) },
  ),
  must(
    'err.flush-before-fatal',
    'requests taken before a violation are answered before its ERROR',
    'R-9.3-2',
    async (t) => {
      const peer = await t.connect()
      peer.send(...Array.from({ length: 20 }, (_, index) => name(index + 1, nameFor(t, index))), name(5, 'x'))
      const { before } = await expectFatal(peer, 'PROTOCOL_VIOLATION', 0)
      check(before.length === 20, () => `expected 20 answers before the ERROR, got ${before.length}`)
    },
  ),
  must(
    'err.flush-slow-before-fatal',
    'requests that take long are answered before the ERROR of a later violation',
    'R-9.3-2 R-9.3-3 R-9.3-10',
    async (t, how) => {
      const peer = await t.connect()
      peer.send(name(1, '~250~a'), name(2, '~100~b'), encodeFrame(0x0a, 0))
      if (how === 'fin') peer.fin()
      const { before } = await expectFatal(peer, 'UNKNOWN_TYPE', 0)
      check(
        before.length === 2 && before.every((frame) => frame.type === FrameType.GREETING),
        () => `expected two greetings before the ERROR, got ${before.map(describeFrame).join(', ') || 'none'}`,
      )
    },
    { ...delayed, variants: ['open', 'fin'] },
  ),
  must(
    'err.delivered',
    'a fatal ERROR arrives although we go on writing: 4 MiB, then FIN',
    'R-9.3-6 R-9.3-7 R-13.3-1 R-13.3-3',
    async (t) => {
      const peer = await t.connect()
      peer.send(name(0, 'x'))
      const block = Buffer.alloc(262_144, 0x41)
      for (let round = 0; round < 16; round += 1) {
        peer.send(block)
        await peer.flushed()
      }
      peer.fin()
      await expectOnlyFatal(peer, 'PROTOCOL_VIOLATION', 0)
      await peer.expectCleanClose()
    },
    { variants: numbered(50) },
  ),
  must(
    'err.reads-on',
    'behind a violation the server reads on while a request is still in flight: 16 MiB',
    'R-9.3-6 R-9.3-2',
    async (t) => {
      const peer = await t.connect()
      peer.send(name(1, '~1500~slow'), name(1, 'again'))
      const block = Buffer.alloc(262_144, 0x41)
      let taken = 0
      for (let round = 0; round < 64; round += 1) {
        peer.send(block)
        await peer.flushed()
        if (peer.received.length > 0) break
        taken += block.length
      }
      const mebibytes = (taken / 2 ** 20).toFixed(1)
      check(
        taken >= BUFFERS_BYTES,
        `expected 16 MiB to be read before the request of 1,500 ms was answered, but no more than ${mebibytes} MiB went out`,
      )
      if (taken < 64 * block.length)
        throw new Inconclusive(`the server read on, but only ${mebibytes} of 16 MiB went out before the answer`)
      const { before } = await expectFatal(peer, 'PROTOCOL_VIOLATION', 0)
      check(before.length === 1, () => `expected one answer before the ERROR, got ${before.length}`)
    },
    { ...delayed, timed: true },
  ),
  must(
    'err.both-fins',
    'a fatal ERROR and FIN arrive although our FIN came with the violation',
    'R-9.3-7 R-13.3-3',
    async (t) => {
      const peer = await t.connect()
      peer.send(name(0, 'x'))
      peer.fin()
      await expectOnlyFatal(peer, 'PROTOCOL_VIOLATION', 0)
    },
  ),
  must('err.frames-after', 'what we send after reading a fatal ERROR is discarded', 'R-9.3-1 R-13.3-1', async (t) => {
    const peer = await t.connect()
    peer.send(cancel(0))
    await expectOnlyFatal(peer, 'PROTOCOL_VIOLATION', 0)
    peer.send(name(1, 'x'), ping(1))
    await peer.flushed()
    peer.fin()
    await expectBarrier(await t.connect())
    check(peer.ended === 'fin', 'expected the end to be FIN and not a reset')
  }),
  must('err.text', 'messages hold no path and no stack trace', 'R-17-5', noInsides, { variants: Object.keys(fatal) }),
]

async function noInsides(t: ServerTest, kind: string): Promise<void> {
  const peer = await t.connect()
  peer.send(fatal[kind]!.bytes)
  const { message } = await expectFatal(peer, fatal[kind]!.code)
  const text = message.toString()
  check(
    !/\/[\w.-]+\/|\\\\|\bat \S+ \(|\.(?:ts|js|py|go|rs|c):\d+|Error:|Traceback/.test(text),
    () => `expected a message without paths or stack traces, got ${JSON.stringify(text)}`,
  )
}
