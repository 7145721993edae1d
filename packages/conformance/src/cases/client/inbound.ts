/** What a client makes of frames: every cut, every type, every answer that fits no request. */
import { check } from '../../wire/failure.ts'
import { cancel, encodeFrame, grease, greeting, hello, name, ping } from '../../wire/frame.ts'
import { specExamples } from '../../requirements.ts'
import { numbered } from '../../run/case.ts'
import type { ClientCase } from '../../run/client-bench.ts'
import { expectViolation, manyWaiting, must, waiting } from './define.ts'

const answer = 'Hello Ada \u{1f600}'

const answerBytes = 8 + Buffer.byteLength(answer)

const none = Buffer.alloc(0)

export const clientInboundCases: ClientCase[] = [
  must(
    'c.frm.split-every',
    'a GREETING is understood wherever it is cut',
    'R-5.3-6 R-5.1-5',
    async (t, cut) => {
      const { peer, pending, id } = await waiting(t)
      await peer.sendCut(greeting(id, answer), [Number(cut)])
      await t.expectGreeting(pending, answer)
    },
    { variants: numbered(answerBytes - 1) },
  ),
  must('c.frm.bytewise', 'a GREETING is understood byte by byte', 'R-5.3-6', async (t) => {
    const { peer, pending, id } = await waiting(t)
    await peer.sendCut(
      greeting(id, answer),
      Array.from({ length: answerBytes - 1 }, (_, index) => index + 1),
    )
    await t.expectGreeting(pending, answer)
  }),
  must('c.frm.coalesce-10k', '10,000 frames in one segment are all taken', 'R-5.1-5 R-5.2-1', async (t) => {
    const { peer, pending, id } = await waiting(t)
    peer.send(
      ...Array.from({ length: 10_000 }, (_, index) => grease(index, Buffer.from('x'), index)),
      greeting(id, answer),
    )
    await t.expectGreeting(pending, answer)
  }),
  must('c.frm.coalesce-answers', '200 answers in one segment settle 200 requests', 'R-5.1-5 R-4.4-1', async (t) => {
    const { peer, pending, ids } = await manyWaiting(t, 200)
    peer.send(...ids.map((id, index) => greeting(id, `Hello n${index}`)))
    for (const [index, one] of pending.entries()) await t.expectGreeting(one, `Hello n${index}`)
  }),
  must(
    'c.frm.oversize',
    'a header that announces more than the client’s maxPayload is a violation at once',
    'R-9.6-1 R-9.6-3 R-4.4-1',
    async (t, type) => {
      const one = await waiting(t)
      one.peer.send(encodeFrame(Number(type), one.id, none, t.clientMaxPayload(one.peer) + 1))
      await expectViolation(t, one, 'a frame that is too long')
    },
    { variants: ['0x04', '0x05', '0x8a', '0x3f'] },
  ),
  must(
    'c.frm.first-byte',
    'a first byte other than 0x00 is a violation',
    'R-9.6-1 R-9.6-2 R-9.6-4',
    async (t, byte) => {
      const one = await waiting(t)
      one.peer.send(Buffer.from([Number(byte), 0, 0, 4, 0, 0, 0, 1]))
      await expectViolation(t, one, 'a first byte other than 0x00')
    },
    { variants: ['0x01', '0x7f', '0x80', '0xff'] },
  ),
  must('c.frm.max', 'a greeting of exactly the client’s maxPayload is accepted', 'R-10-9', async (t) => {
    const { peer, pending, id } = await waiting(t)
    const text = 'm'.repeat(t.clientMaxPayload(peer))
    peer.send(greeting(id, text))
    await t.expectGreeting(pending, text)
  }),
  must(
    'c.frm.critical',
    'an unassigned type below 0x80 is a violation',
    'R-4.4-1 R-9.6-1 R-9.6-4',
    async (t, type) => {
      const one = await waiting(t)
      one.peer.send(encodeFrame(Number(type), one.id))
      await expectViolation(t, one, 'an unassigned type')
    },
    { variants: ['0x00', '0x0a', '0x0b', '0x20', '0x3f', '0x40', '0x5a', '0x7f'] },
  ),
  must(
    'c.frm.wrong-direction',
    'a frame that only a client sends is a violation',
    'R-4.4-1 R-9.6-1',
    async (t, type) => {
      const one = await waiting(t)
      const frames: Record<string, Buffer> = {
        HELLO: hello(),
        NAME: name(one.id, 'x'),
        PING: ping(1),
        CANCEL: cancel(one.id),
      }
      one.peer.send(frames[type]!)
      await expectViolation(t, one, 'a client’s frame')
    },
    { variants: ['HELLO', 'NAME', 'PING', 'CANCEL'] },
  ),
  must(
    'c.frm.ignorable',
    'types from 0x80 are skipped whole, whatever their id and size',
    'R-5.2-1 R-4.4-1 R-15.4-2',
    async (t, variant) => {
      const [type, size] = variant.split('-') as [string, string]
      const { peer, pending, id } = await waiting(t)
      peer.send(
        ...[0, 1, id, 0xffff_ffff].map((any) => encodeFrame(Number(type), any, t.random.bytes(Number(size)))),
        greeting(id, answer),
      )
      await t.expectGreeting(pending, answer)
    },
    {
      variants: ['0x80', '0x8a', '0x9a', '0xbf', '0xc0', '0xfa', '0xff'].flatMap((type) =>
        ['0', '1', '100', '4096'].map((size) => `${type}-${size}`),
      ),
    },
  ),
  must('c.frm.grease', 'grease between every two frames changes nothing', 'R-15.4-2 R-15.4-1', async (t) => {
    const { peer, pending, ids } = await manyWaiting(t, 20)
    peer.send(
      ...ids.flatMap((id, index) => [
        grease(index, t.random.bytes(index)),
        greeting(id, `Hello n${index}`),
        grease(index + 1),
      ]),
    )
    for (const [index, one] of pending.entries()) await t.expectGreeting(one, `Hello n${index}`)
  }),
  must(
    'c.frm.random',
    'random bytes never kill or hang the client: every request settles',
    'R-9.6-5 R-9.6-3',
    async (t) => {
      const { peer, pending } = await waiting(t)
      peer.foreign = true
      const type = t.random.pick([2, 4, 5, 7, 9, t.random.between(0, 255)])
      peer.send(encodeFrame(type, t.random.uint32(), t.random.bytes(t.random.between(0, 60))), t.random.bytes(200))
      peer.fin()
      const outcome = await t.settled(pending, 'greet')
      check(outcome.outcome === 'error' || outcome.outcome === 'greeting', 'expected the request to settle')
    },
    { variants: numbered(60) },
  ),
  must(
    'c.vec.spec',
    'each example of the specification that a server sends is understood or refused in time',
    'R-9.6-5 R-4.4-1',
    async (t, id) => {
      const { peer, pending } = await waiting(t)
      peer.foreign = true
      peer.send(Buffer.from(specExamples.find((one) => one.id === id)!.hex, 'hex'))
      peer.fin()
      await t.settled(pending, 'greet')
    },
    { variants: specExamples.filter((one) => one.direction === 'server-to-client').map((one) => one.id) },
  ),
]
