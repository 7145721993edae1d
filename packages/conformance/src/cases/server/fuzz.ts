/** Seeded walks over what a client may and may not send, with the model as judge. */
import { createHash } from 'node:crypto'
import { cancel, encodeFrame, FrameType, grease, hello, name, ping } from '../../wire/frame.ts'
import { numbered } from '../../run/case.ts'
import type { Random } from '../../run/random.ts'
import type { ServerCase } from '../../run/server-bench.ts'
import { must } from './define.ts'
import { endsAsPredicted } from './garbage.ts'

export const fuzzCases: ServerCase[] = [
  must(
    'fuz.model',
    'random walks over the state table end as the model predicts',
    'R-4.2-1 R-5.3-5 R-7.2-3 R-7.5-1',
    async (t) => {
      for (let walk = 0; walk < 5; walk += 1) {
        const bytes = walkBytes(t.random, t.limits.maxName, t.random.between(1, 40), 24)
        await endsAsPredicted(t, bytes, cutsIn(t.random, bytes.length, t.random.between(0, 4)))
      }
    },
    { variants: numbered(80) },
  ),
  must(
    'fuz.metamorphic',
    'one walk ends the same under 20 segmentations',
    'R-5.3-6 R-7.2-3',
    async (t) => {
      const bytes = walkBytes(t.random, t.limits.maxName, 20, 60)
      for (let round = 0; round < 20; round += 1) await endsAsPredicted(t, bytes, cutsIn(t.random, bytes.length, round))
    },
    { variants: numbered(20) },
  ),
  must(
    'fuz.differential',
    'legal walks end as on every other implementation of the same limits: the note is a digest to compare',
    'R-4.2-1 R-7.2-3 R-8.1-5',
    async (t) => {
      const bytes = walkBytes(t.random, Math.min(t.limits.maxName, 1_024), 120, Infinity)
      const outcome = await endsAsPredicted(t, bytes)
      const digest = createHash('sha256').update(JSON.stringify(outcome)).digest('hex')
      t.note(`outcome ${digest.slice(0, 16)}`)
    },
    { variants: numbered(10) },
  ),
]

/** Bytes of a walk of so many steps, of which one in `faultEvery` is a fault. */
function walkBytes(random: Random, maxName: number, steps: number, faultEvery: number): Buffer {
  const frames: Buffer[] = []
  let last = 0
  let opened = false
  for (let step = 0; step < steps; step += 1) {
    if (random.between(1, 1_000_000) <= 1_000_000 / faultEvery) {
      frames.push(fault(random, last))
      continue
    }
    const choice = random.between(0, 9)
    if (choice === 0 && !opened) {
      frames.push(hello({ maxVersion: random.between(1, 5), maxPayload: random.between(4_096, 70_000), agent: 'walk' }))
      opened = true
    } else if (choice <= 4) {
      last = Math.min(0xffff_fff0, last + random.between(1, random.pick([1, 1, 1, 3, 1_000])))
      frames.push(name(last, someName(random, maxName)))
      opened = true
    } else if (choice <= 6) frames.push(ping(random.uint32()))
    else if (choice === 7 && last > 0) frames.push(cancel(last))
    else if (choice === 8) frames.push(grease(step, random.bytes(random.between(0, 30)), random.uint32()))
    else frames.push(encodeFrame(random.between(0x80, 0xff), random.uint32(), random.bytes(random.between(0, 40))))
  }
  return Buffer.concat(frames)
}

function someName(random: Random, maxName: number): Buffer {
  const kind = random.between(0, 11)
  if (kind === 0) return Buffer.alloc(0)
  if (kind === 1) return random.bytes(random.between(1, 6))
  if (kind === 2) return Buffer.alloc(Math.min(4_096, maxName + random.between(0, 1)), 0x6e)
  if (kind === 3) return Buffer.from(random.pick(['\u0007', 'a\u0000b', '\u0085', 'x\n']))
  return Buffer.from(random.pick(['Ada', 'Zoë', '名前', '\u{1f600}', ' x ', 'e\u0301', '\ufeffB']))
}

function fault(random: Random, last: number): Buffer {
  return random.pick([
    name(0, 'x'),
    name(last, 'x'),
    cancel(0),
    cancel(Math.min(0xffff_ffff, last + 1)),
    encodeFrame(FrameType.PING, 1, Buffer.from('x')),
    encodeFrame(FrameType.GREETING, 1),
    encodeFrame(random.between(0x0a, 0x7f), 1),
    encodeFrame(FrameType.NAME, last + 1, Buffer.alloc(0), random.between(65_536, 2 ** 24 - 1)),
    hello({ minVersion: random.pick([0, 2, 3]), maxVersion: random.pick([0, 1, 2]) }),
    hello({ maxPayload: random.between(0, 4_095) }),
    random.bytes(random.between(1, 12)),
  ])
}

function cutsIn(random: Random, length: number, count: number): number[] {
  return Array.from({ length: count }, () => random.between(1, Math.max(1, length - 1))).toSorted((a, b) => a - b)
}
