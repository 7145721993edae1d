/** Bytes that nobody should send: noise, flipped bits, frames hidden in frames, and everything behind a violation. */
import { check } from '../../wire/failure.ts'
import { cancel, encodeFrame, FrameType, hello, name, ping } from '../../wire/frame.ts'
import { describeFrame } from '../../wire/frame-text.ts'
import { numbered } from '../../run/case.ts'
import type { Random } from '../../run/random.ts'
import type { ServerCase } from '../../run/server-bench.ts'
import type { ServerTest } from '../../run/server-test.ts'
import { expectFatal, expectOnlyFatal } from '../expect.ts'
import { must } from './define.ts'
import { expectPredicted, predict, type Outcome } from './model.ts'

const violations = {
  'bad-type': encodeFrame(0x0a, 1),
  'too-long': encodeFrame(FrameType.NAME, 9, Buffer.alloc(0), 4097),
  'id-zero': name(0, 'x'),
  'cancel-zero': cancel(0),
  'ping-payload': encodeFrame(FrameType.PING, 1, Buffer.from('x')),
  'wrong-direction': encodeFrame(FrameType.PONG, 1),
  'bad-hello': hello({ minVersion: 0 }),
  'new-version': hello({ minVersion: 2, maxVersion: 2 }),
  'first-byte': Buffer.from([0x47]),
} as const

type Violation = keyof typeof violations

const kinds = Object.keys(violations) as Violation[]

export const garbageCases: ServerCase[] = [
  must('frm.zeros', '64 KiB of zeros get one bounded reply', 'R-5.2-3 R-9.2-1 R-9.3-1', async (t) =>
    noise(t, Buffer.alloc(65_536), 'UNKNOWN_TYPE'),
  ),
  must('frm.ff', '64 KiB of 0xff get one bounded reply', 'R-10-4 R-5.3-1 R-9.2-1', async (t) =>
    noise(t, Buffer.alloc(65_536, 0xff), 'PAYLOAD_TOO_LARGE'),
  ),
  must(
    'frm.bitflip',
    'each header with one bit flipped has its one outcome',
    'R-4.2-1 R-5.3-5 R-5.1-2',
    async (t, bit) => {
      const frame = name(5, 'Bit flip')
      const index = Number(bit) - 1
      frame[index >> 3] = frame[index >> 3]! ^ (0x80 >> (index & 7))
      await endsAsPredicted(t, Buffer.concat([frame, ping(1)]))
    },
    { variants: numbered(64) },
  ),
  must(
    'frm.random',
    'random bytes never kill, hang or confuse the server (ten blobs each)',
    'R-9.2-2 R-4.2-1 R-9.2-1',
    async (t) => {
      for (let blob = 0; blob < 10; blob += 1) await endsAsPredicted(t, randomBlob(t.random))
    },
    { variants: numbered(100) },
  ),
  must(
    'frm.after-fatal',
    'nothing behind a violation in the same segment is answered',
    'R-9.3-1 R-9.3-5 R-9.2-1',
    async (t, kind) => {
      const peer = await t.connect()
      peer.send(violations[kind as Violation], name(10, 'x'), ping(1), hello(), encodeFrame(0x0b, 1))
      await expectOnlyFatal(peer, codeOf(kind as Violation))
    },
    { variants: kinds },
  ),
  must(
    'frm.after-fatal-unexecuted',
    'nothing behind a violation is executed',
    'R-9.3-1 R-9.3-3 R-7.2-5',
    async (t, kind) => {
      const peer = await t.connect()
      peer.send(
        name(1, `before ${kind}`),
        kind === 'bad-hello' || kind === 'new-version' ? violations['id-zero'] : violations[kind as Violation],
        name(10, `behind ${kind}`),
      )
      await expectFatal(peer, ['PROTOCOL_VIOLATION', 'UNKNOWN_TYPE', 'PAYLOAD_TOO_LARGE'])
      const executed = t.executedNames()
      check(executed.includes(`before ${kind}`), 'expected the name before the violation to be executed')
      check(
        !executed.includes(`behind ${kind}`),
        'expected the name behind the violation not to be executed, but the greeter ran',
      )
    },
    {
      variants: kinds,
      needs: ['process', 'conformance-greeter', 'execution-log'],
      options: { greeter: 'conformance' },
    },
  ),
  must(
    'frm.smuggle',
    'frames inside the payload of a fatal frame are never judged',
    'R-9.3-1 R-5.1-1',
    async (t, kind) => {
      const inner = Buffer.concat([name(1, 'x'), ping(77)])
      const outer: Record<string, Buffer> = {
        unknown: encodeFrame(0x0a, 1, inner),
        direction: encodeFrame(FrameType.GREETING, 1, inner),
        ping: encodeFrame(FrameType.PING, 1, inner),
        name: name(0, inner),
      }
      const peer = await t.connect()
      peer.send(outer[kind]!, inner)
      await expectOnlyFatal(peer, kind === 'unknown' ? 'UNKNOWN_TYPE' : 'PROTOCOL_VIOLATION')
    },
    { variants: ['unknown', 'direction', 'ping', 'name'] },
  ),
  must('frm.smuggle-ignorable', 'frames inside an ignorable frame mean nothing', 'R-5.2-1', async (t) => {
    await endsAsPredicted(
      t,
      Buffer.concat([encodeFrame(0x9a, 1, Buffer.concat([name(1, 'x'), ping(77), cancel(0)])), name(1, 'y'), ping(1)]),
    )
  }),
  must(
    'err.amplification',
    'a connection that only sends garbage receives one ERROR and nothing else',
    'R-9.2-1 R-9.3-4 R-6.5-4',
    async (t) => {
      const peer = await t.connect()
      for (let round = 0; round < 20; round += 1)
        peer.send(Buffer.concat([Buffer.from([0x80 | round]), t.random.bytes(10_000)]))
      await expectOnlyFatal(peer, 'PAYLOAD_TOO_LARGE')
      check(peer.bytesReceived <= 1038, `expected at most 1038 bytes, got ${peer.bytesReceived}`)
    },
  ),
]

/** Sends bytes and FIN, compares the whole outcome with the model, and returns it. */
export async function endsAsPredicted(t: ServerTest, bytes: Buffer, cuts: readonly number[] = []): Promise<Outcome> {
  const peer = await t.connect()
  await peer.sendCut(bytes, cuts)
  peer.fin()
  return expectPredicted(peer, predict(bytes, t.limits))
}

async function noise(t: ServerTest, bytes: Buffer, code: 'UNKNOWN_TYPE' | 'PAYLOAD_TOO_LARGE'): Promise<void> {
  const peer = await t.connect()
  peer.send(bytes)
  const { before } = await expectFatal(peer, code)
  check(before.length === 0, () => `expected nothing before the ERROR, got ${describeFrame(before[0]!)}`)
  check(peer.bytesReceived <= 1038, `expected at most 1038 bytes, got ${peer.bytesReceived}`)
}

function codeOf(kind: Violation): 'UNKNOWN_TYPE' | 'PAYLOAD_TOO_LARGE' | 'UNSUPPORTED_VERSION' | 'PROTOCOL_VIOLATION' {
  if (kind === 'bad-type') return 'UNKNOWN_TYPE'
  if (kind === 'too-long' || kind === 'first-byte') return 'PAYLOAD_TOO_LARGE'
  return kind === 'new-version' ? 'UNSUPPORTED_VERSION' : 'PROTOCOL_VIOLATION'
}

/** Mostly plausible bytes: pure noise dies at its first byte and proves little. */
function randomBlob(random: Random): Buffer {
  if (random.between(0, 9) === 0) return random.bytes(random.between(1, 500))
  const parts: Buffer[] = []
  for (let count = random.between(1, 8); count > 0; count -= 1) {
    const payload = random.bytes(random.pick([0, 0, 1, 3, 8, 12]))
    const type = random.pick([1, 3, 3, 3, 6, 6, 8, 0x8a, 0xff, random.between(0, 255)])
    const id = random.pick([0, 1, 2, 3, 5, 9, random.uint32()])
    parts.push(encodeFrame(type, id, payload, random.between(0, 15) === 0 ? random.between(0, 5_000) : payload.length))
  }
  return Buffer.concat(parts)
}
