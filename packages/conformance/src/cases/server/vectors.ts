/** The hex examples of the specification, sent as they stand there: whole, cut, cut off, and with more behind them. */
import { check } from '../../wire/failure.ts'
import { FrameType, name, ping } from '../../wire/frame.ts'
import { hex } from '../../wire/frame-text.ts'
import { specExamples } from '../../requirements.ts'
import type { ServerCase } from '../../run/server-bench.ts'
import { expectFrame } from '../expect.ts'
import { must, needName } from './define.ts'
import { endsAsPredicted } from './garbage.ts'
import { predict } from './model.ts'
import { everyByte } from './opening.ts'

const sent = new Map(
  specExamples
    .filter((one) => one.direction === 'client-to-server')
    .map((one) => [one.id, Buffer.from(one.hex, 'hex')]),
)
const defaults = {
  version: 1,
  maxName: 1_024,
  maxPayload: 4_096,
  maxInFlight: 256,
  idleTimeoutMs: 0,
  agent: Buffer.alloc(0),
}
const ids = [...sent.keys()]
const rejected = ids.filter((id) => predict(sent.get(id)!, defaults).fatal !== undefined)
const accepted = ids.filter((id) => !rejected.includes(id))

export const vectorCases: ServerCase[] = [
  must(
    'vec.spec',
    'each example of the specification has the outcome given there',
    'R-5.1-1 R-5.1-2 R-5.1-6',
    async (t, id) => void (await endsAsPredicted(t, sent.get(id)!)),
    { variants: ids },
  ),
  must(
    'vec.decode',
    'each legal example means the same at every cut',
    'R-5.3-6',
    async (t, id) => {
      for (const cut of everyByte(sent.get(id)!)) await endsAsPredicted(t, sent.get(id)!, [cut])
    },
    { variants: accepted },
  ),
  must(
    'vec.reject',
    'each illegal example is refused with the same code at every cut',
    'R-5.3-6 R-5.3-5',
    async (t, id) => {
      for (const cut of everyByte(sent.get(id)!)) await endsAsPredicted(t, sent.get(id)!, [cut])
    },
    { variants: rejected },
  ),
  must(
    'vec.need-more',
    'each proper prefix of an example, ended by FIN, has its own outcome',
    'R-13.1-3 R-5.3-3',
    async (t, id) => {
      for (const end of everyByte(sent.get(id)!)) await endsAsPredicted(t, sent.get(id)!.subarray(0, end))
    },
    { variants: ids },
  ),
  must(
    'vec.trailing',
    'what follows an example is judged by itself',
    'R-5.1-5 R-9.3-1',
    async (t, id) => void (await endsAsPredicted(t, Buffer.concat([sent.get(id)!, ping(3), Buffer.from([0, 0])]))),
    { variants: ids },
  ),
  must('vec.encode', 'the server encodes frames in their one form', 'R-5.1-1 R-5.1-2 R-6.7-4 R-6.4-4', async (t) => {
    needName(t, 3)
    const peer = await t.connect()
    const chunks: Buffer[] = []
    peer.socket.on('data', (chunk: Buffer) => chunks.push(chunk))
    peer.send(name(1, 'Ada'))
    await expectFrame(peer, FrameType.GREETING, 1)
    peer.send(ping(0))
    await expectFrame(peer, FrameType.PONG, 0)
    const bytes = Buffer.concat(chunks).toString('hex')
    const wanted = `${exampleHex('spec.greeting-ada')}${exampleHex('spec.pong')}`
    check(bytes === wanted, () => `expected ${hex(Buffer.from(wanted, 'hex'))}, got ${hex(Buffer.from(bytes, 'hex'))}`)
  }),
]

function exampleHex(id: string): string {
  return specExamples.find((one) => one.id === id)?.hex ?? ''
}
