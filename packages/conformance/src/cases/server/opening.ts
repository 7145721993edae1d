/** How a connection begins: with or without HELLO, in any cut, or with another protocol altogether. */
import { check, Unsupported } from '../../wire/failure.ts'
import { DEFAULT_MAX_PAYLOAD, encodeFrame, FrameType, grease, hello, name } from '../../wire/frame.ts'
import type { ServerCase } from '../../run/server-bench.ts'
import {
  checkGreeting,
  checkRequestError,
  expectBarrier,
  expectFatal,
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
  must(
    'open.hello-after-name',
    'a HELLO after a NAME is fatal, whatever became of the NAME',
    'R-6.1-8',
    async (t, answer) => {
      const tooLong = t.limits.maxName + 1
      if (answer === 'too-long' && tooLong > Math.min(DEFAULT_MAX_PAYLOAD, t.limits.maxPayload))
        throw new Unsupported(`needs a maxName below ${DEFAULT_MAX_PAYLOAD}, the payload allowed before a HELLO`)
      const peer = await t.connect()
      const text = answer === 'greeted' ? nameFor(t, 1) : answer === 'invalid' ? '' : 'n'.repeat(tooLong)
      peer.send(name(1, text), hello())
      const { before } = await expectFatal(peer, 'PROTOCOL_VIOLATION', 0)
      check(before.length === 1, 'expected the answer to the NAME before the ERROR')
      if (answer === 'greeted') checkGreeting(before[0]!, text)
      else checkRequestError(before[0]!, 1, answer === 'invalid' ? 'INVALID_NAME' : 'NAME_TOO_LONG')
    },
    { variants: ['greeted', 'invalid', 'too-long'] },
  ),
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
]

/** Offsets after every byte but the last. */
export function everyByte(bytes: Buffer): number[] {
  return Array.from({ length: bytes.length - 1 }, (_, index) => index + 1)
}
