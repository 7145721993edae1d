/** Frames in the byte stream: every cut, every type, every length that a type cannot have. */
import { check } from '../../wire/failure.ts'
import { cancel, encodeFrame, FrameType, grease, name, ping } from '../../wire/frame.ts'
import { describeFrame } from '../../wire/frame-text.ts'
import type { RawPeer } from '../../wire/raw-peer.ts'
import type { ServerCase } from '../../run/server-bench.ts'
import type { ServerTest } from '../../run/server-test.ts'
import { checkGreeting, expectBarrier, expectGreeting, expectGreetings, expectOnlyFatal } from '../expect.ts'
import { must, nameFor, namesFor } from './define.ts'
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
  must(
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
]

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
      const text = open.get(frame.id)
      check(text !== undefined, () => `expected ${open.size} more greetings, got ${describeFrame(frame)}`)
      checkGreeting(frame, text)
      open.delete(frame.id)
    }
  }
}

export async function sameOutcome(t: ServerTest, bytes: Buffer, cuts: readonly number[]): Promise<void> {
  const peer = await t.connect()
  await peer.sendCut(bytes, cuts)
  peer.fin()
  await expectPredicted(peer, predict(bytes, t.limits))
}

async function cutOff(t: ServerTest, size: number): Promise<void> {
  const whole = name(2, 'cutoff')
  await sameOutcome(t, Buffer.concat([name(1, 'a'), whole.subarray(0, size)]), [])
}
