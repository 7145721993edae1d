/** Types and lengths of frames: what each of them leads to, and which broken rule comes first. */
import { check } from '../../wire/failure.ts'
import {
  encodeFrame,
  error,
  FrameType,
  goodbye,
  grease,
  greeting,
  hello,
  name,
  ping,
  pong,
  welcome,
} from '../../wire/frame.ts'
import { turn } from '../../wire/raw-peer.ts'
import type { ServerCase } from '../../run/server-bench.ts'
import type { ServerTest } from '../../run/server-test.ts'
import {
  expectBarrier,
  expectFatal,
  expectGreeting,
  expectOnlyFatal,
  expectPong,
  expectRequestError,
  expectWelcome,
} from '../expect.ts'
import { must, needName, namesFor } from './define.ts'
import { allAnswered, sameOutcome } from './framing.ts'

export const frameTypeCases: ServerCase[] = [
  must(
    'frm.type-sweep',
    'each of the 256 types, empty, with id 0 and 1, has the outcome of the registry',
    'R-4.2-1 R-5.2-1 R-5.2-3',
    typeSweep,
    {
      variants: Array.from({ length: 512 }, (_, index) => `${hexType(index >> 1)}-id${index & 1}`),
    },
  ),
  must(
    'frm.ignorable',
    'types from 0x80 are skipped whole, whatever their id, size and contents',
    'R-5.2-1 R-5.2-2 R-15.4-2',
    skipsIgnorable,
    {
      variants: ['fresh', 'open'].flatMap((state) =>
        ['0x80', '0x8a', '0xbf', '0xc0', '0xfa', '0xff'].flatMap((type) =>
          [0, 1, 8, 4096].map((size) => `${state}-${type}-${size}`),
        ),
      ),
    },
  ),
  must('frm.critical', 'an unassigned type below 0x40 is UNKNOWN_TYPE at its header', 'R-5.2-3 R-5.3-2', unknownType, {
    variants: [0, ...Array.from({ length: 0x36 }, (_, index) => 0x0a + index)].map(hexType),
  }),
  must(
    'frm.private-unknown',
    'a private type that nobody agreed on is UNKNOWN_TYPE at its header',
    'R-5.2-3 R-5.3-2',
    unknownType,
    {
      variants: Array.from({ length: 64 }, (_, index) => hexType(0x40 + index)),
    },
  ),
  must(
    'frm.wrong-direction',
    'a frame that only a server sends is fatal',
    'R-4.2-1 R-5.3-5',
    async (t, type) => {
      const peer = await t.connect()
      peer.send(serverFrames[type as keyof typeof serverFrames])
      await expectOnlyFatal(peer, 'PROTOCOL_VIOLATION', 0)
    },
    { variants: ['WELCOME', 'GREETING', 'ERROR', 'PONG', 'GOODBYE'] },
  ),
  must('frm.order', 'of several rules that a header breaks the first gives the code', 'R-5.3-5', firstRuleWins, {
    variants: ['length-before-type', 'length-before-direction', 'length-before-id', 'length-of-ping', 'type-before-id'],
  }),
  must(
    'frm.grease-between',
    'grease between every two frames changes nothing',
    'R-15.4-2 R-5.2-1 R-5.2-2',
    async (t) => {
      const peer = await t.connect()
      const names = namesFor(t, 50)
      const frames = [
        grease(0),
        hello(),
        ...[...names].flatMap(([id, text], index) => [grease(index, t.random.bytes(index)), name(id, text)]),
        grease(3),
        ping(5),
      ]
      peer.send(...frames)
      await expectWelcome(peer)
      await allAnswered(peer, names, [5])
    },
  ),
  must('frm.payload-waits', 'a payload is not judged before its frame is whole', 'R-5.3-3', async (t) => {
    needName(t, 3)
    const peer = await t.connect()
    const bad = name(1, Buffer.from([0xff, 0xff, 0xff]))
    await peer.sendCut(bad.subarray(0, 10), [])
    await turn()
    await expectBarrier(await t.connect())
    check(peer.bytesReceived === 0, 'expected nothing before the frame is whole')
    peer.send(bad.subarray(10))
    await expectRequestError(peer, 1, 'INVALID_NAME', 0)
  }),
]

const serverFrames = {
  WELCOME: welcome(),
  GREETING: greeting(1, 'x'),
  ERROR: error(0, 1),
  PONG: pong(0),
  GOODBYE: goodbye(0),
}

async function typeSweep(t: ServerTest, variant: string): Promise<void> {
  const [type, id] = [Number(variant.slice(0, 4)), Number(variant.at(-1))]
  if (t.target.features.has(`type:${hexType(type)}`)) return t.note('the target declares this private type')
  await sameOutcome(t, encodeFrame(type, id), [])
}

async function skipsIgnorable(t: ServerTest, variant: string): Promise<void> {
  const [state, type, size] = variant.split('-') as [string, string, string]
  if (t.target.features.has(`type:${type}`)) return t.note('the target declares this private type')
  const peer = state === 'open' ? await t.connectWithHello() : await t.connect()
  const frames = [0, 1, 0xffff_ffff].map((id) => encodeFrame(Number(type), id, t.random.bytes(Number(size))))
  peer.send(...frames, name(1, 'x'))
  await expectGreeting(peer, 1, 'x')
  peer.send(...frames)
  await expectBarrier(peer)
}

async function unknownType(t: ServerTest, type: string): Promise<void> {
  if (t.target.features.has(`type:${type}`)) return t.note('the target declares this private type')
  const peer = await t.connect()
  peer.send(encodeFrame(Number(type), 1, Buffer.alloc(0), 100))
  await expectOnlyFatal(peer, 'UNKNOWN_TYPE', 0)
}

async function firstRuleWins(t: ServerTest, variant: string): Promise<void> {
  const tooLong = 4097
  const none = Buffer.alloc(0)
  const headers: Record<string, Buffer> = {
    'length-before-type': encodeFrame(0x0a, 0, none, tooLong),
    'length-before-direction': encodeFrame(FrameType.GREETING, 0, none, tooLong),
    'length-before-id': encodeFrame(FrameType.NAME, 0, none, tooLong),
    'length-of-ping': encodeFrame(FrameType.PING, 0, none, tooLong),
    'type-before-id': encodeFrame(0x3f, 0xffff_ffff, none, 4096),
  }
  const peer = await t.connect()
  peer.send(headers[variant]!)
  const { before } = await expectFatal(
    peer,
    variant === 'type-before-id' ? 'UNKNOWN_TYPE' : 'PAYLOAD_TOO_LARGE',
    variant === 'type-before-id' ? 0 : 4096,
  )
  check(before.length === 0, 'expected nothing before the ERROR')
  await expectPongElsewhere(t)
}

async function expectPongElsewhere(t: ServerTest): Promise<void> {
  const other = await t.connect()
  other.send(ping(1))
  await expectPong(other, 1)
}

function hexType(type: number): string {
  return `0x${type.toString(16).padStart(2, '0')}`
}
