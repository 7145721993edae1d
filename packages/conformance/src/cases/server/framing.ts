/** Frames in the byte stream: every cut, every type, every length that a type cannot have. */
import { check } from '../../wire/failure.ts'
import {
  cancel,
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
import { turn, type RawPeer } from '../../wire/raw-peer.ts'
import type { ServerCase } from '../../run/server-bench.ts'
import type { ServerTest } from '../../run/server-test.ts'
import {
  expectBarrier,
  expectFatal,
  expectGreeting,
  expectGreetings,
  expectOnlyFatal,
  expectPong,
  expectRequestError,
  expectWelcome,
} from '../expect.ts'
import { must, needName, nameFor, namesFor, should } from './define.ts'
import { expectPredicted, predict } from './model.ts'
import { everyByte } from './opening.ts'

/** One of everything that a client may send. */
const session = Buffer.concat([
  ping(7),
  grease(1, Buffer.from('grease'), 3),
  name(1, 'A'),
  name(3, ''),
  encodeFrame(0xc1, 0xffff_ffff, Buffer.from([0, 0, 1])),
  cancel(1),
  name(0x0102_0304, 'Ä'),
  ping(0xffff_ffff),
])

const pair = Buffer.concat([name(1, 'a'), name(2, 'b')])

export const framingCases: ServerCase[] = [
  must(
    'frm.split-every',
    'a session means the same wherever it is cut',
    'R-5.3-6 R-5.1-5',
    (t, cut) => sameOutcome(t, session, [Number(cut)]),
    {
      variants: everyByte(session).map(String),
    },
  ),
  must(
    'frm.split-pair',
    'two frames mean the same wherever they are cut',
    'R-5.3-6 R-5.1-5 R-5.3-8',
    (t, cut) => sameOutcome(t, pair, [Number(cut)]),
    {
      variants: everyByte(pair).map(String),
    },
  ),
  should(
    'frm.three-way',
    'two frames mean the same in any three pieces',
    'R-5.3-6',
    (t, cuts) => sameOutcome(t, pair, cuts.split('-').map(Number)),
    {
      variants: everyByte(pair).flatMap((first) =>
        everyByte(pair)
          .filter((second) => second > first)
          .map((second) => `${first}-${second}`),
      ),
    },
  ),
  must('frm.bytewise', 'a session means the same byte by byte', 'R-5.3-6 R-5.1-5', (t) =>
    sameOutcome(t, session, everyByte(session)),
  ),
  must(
    'frm.coalesce',
    'any number of frames in one segment are all judged',
    'R-5.1-5 R-7.2-1',
    async (t, count) => {
      const peer = await t.connect()
      const names = namesFor(t, Number(count))
      peer.send(...[...names].map(([id, text]) => name(id, text)))
      await expectGreetings(peer, names)
      await expectBarrier(peer)
    },
    { variants: ['1', '2', '100', '1000'] },
  ),
  must('frm.burst-8mib', '8 MiB of frames in one go are judged to the last', 'R-5.1-5 R-13.4-2', async (t) => {
    const peer = await t.connect()
    const filler = encodeFrame(0xbb, 1, Buffer.alloc(4096))
    const rounds = 128
    const pings: number[] = []
    const names = new Map<number, string>()
    for (let round = 1; round <= rounds; round += 1) {
      names.set(round, nameFor(t, round))
      pings.push(round)
      peer.send(...Array.from({ length: 16 }, () => filler), name(round, nameFor(t, round)), ping(round))
    }
    await allAnswered(peer, names, pings)
  }),
  must('frm.bytewise-max', 'the longest name is greeted when it comes byte by byte', 'R-5.3-6 R-12-4', async (t) => {
    const size = Math.min(t.limits.maxName, 4090)
    const frame = name(1, 'b'.repeat(size))
    const peer = await t.connect()
    await peer.sendCut(frame, everyByte(frame))
    await expectGreeting(peer, 1, 'b'.repeat(size))
  }),
  must(
    'frm.truncated-header',
    'FIN inside a header: earlier answers, then PROTOCOL_VIOLATION',
    'R-13.1-3 R-9.3-2',
    (t, size) => cutOff(t, Number(size)),
    {
      variants: ['1', '2', '3', '4', '5', '6', '7'],
    },
  ),
  must(
    'frm.truncated-payload',
    'FIN inside a payload: earlier answers, then PROTOCOL_VIOLATION',
    'R-13.1-3 R-9.3-2',
    (t, size) => cutOff(t, 8 + Number(size)),
    {
      variants: ['0', '1', '2', '3', '4', '5'],
    },
  ),
  must('frm.truncated-ignorable', 'FIN inside an ignorable frame is a violation too', 'R-13.1-3', async (t) => {
    await sameOutcome(t, encodeFrame(0x8a, 1, Buffer.from('abc'), 10), [])
  }),
  must(
    'frm.payload-on-empty',
    'a PING or CANCEL whose header announces a payload is fatal at once',
    'R-6.6-2 R-6.8-3 R-5.3-2',
    async (t, how) => {
      const [type, length] = how.split('-') as [string, string]
      const peer = await t.connect()
      peer.send(name(1, nameFor(t, 1)))
      await expectGreeting(peer, 1, nameFor(t, 1))
      peer.send(encodeFrame(type === 'ping' ? FrameType.PING : FrameType.CANCEL, 1, Buffer.alloc(0), Number(length)))
      await expectOnlyFatal(peer, 'PROTOCOL_VIOLATION', 0)
    },
    { variants: ['ping-1', 'ping-4096', 'cancel-1', 'cancel-4', 'cancel-4096'] },
  ),
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

/** Reads until all names are greeted and all PINGs answered in order. */
export async function allAnswered(
  peer: RawPeer,
  names: ReadonlyMap<number, string>,
  pings: readonly number[],
): Promise<void> {
  const open = new Map(names)
  let pongs = 0
  while (open.size > 0 || pongs < pings.length) {
    const frame = await peer.next(`${open.size} greetings and ${pings.length - pongs} PONGs`)
    if (frame.type === FrameType.PONG) {
      check(frame.id === pings[pongs], `expected PONG ${pings[pongs]}, got PONG ${frame.id}`)
      pongs += 1
    } else {
      check(
        frame.payload.toString() === `Hello ${open.get(frame.id)}`,
        `expected the greeting of ${open.get(frame.id)}, got ${frame.payload.toString()}`,
      )
      open.delete(frame.id)
    }
  }
}

async function sameOutcome(t: ServerTest, bytes: Buffer, cuts: readonly number[]): Promise<void> {
  const peer = await t.connect()
  await peer.sendCut(bytes, cuts)
  peer.fin()
  await expectPredicted(peer, predict(bytes, t.limits))
}

async function cutOff(t: ServerTest, size: number): Promise<void> {
  const whole = name(2, 'cutoff')
  await sameOutcome(t, Buffer.concat([name(1, 'a'), whole.subarray(0, size)]), [])
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
  const before = await expectFatal(
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
