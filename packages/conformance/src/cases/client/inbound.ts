/** What a client makes of frames: every cut, every type, every answer that fits no request. */
import { check } from '../../wire/failure.ts'
import {
  cancel,
  Code,
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
} from '../../wire/frame.ts'
import { specExamples } from '../../requirements.ts'
import { numbered } from '../../run/case.ts'
import type { ClientCase } from '../../run/client-bench.ts'
import { expectClosed, expectViolation, manyWaiting, must, waiting } from './define.ts'

const answer = 'Hello Ada \u{1f600}'
const answerBytes = 8 + Buffer.byteLength(answer)
const none = Buffer.alloc(0)

const texts: Record<string, string> = {
  empty: '',
  control: 'a\u0000b\u001b[2Jc\n',
  bom: '\ufeffHello',
  spaces: '  Hello  ',
  nfd: 'e\u0301',
  replacement: '\ufffd',
  bidi: '\u202eabc',
  noncharacter: '\uffff\u{10ffff}',
  newline: 'a\r\nb',
}

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
  must(
    'c.res.shuffled',
    'answers in any order reach their own requests',
    'R-4.4-1 R-5.3-6',
    async (t) => {
      const { peer, pending, ids } = await manyWaiting(t, 50)
      peer.send(...t.random.shuffled(ids.map((id, index) => greeting(id, `Hello n${index}`))))
      for (const [index, one] of pending.entries()) await t.expectGreeting(one, `Hello n${index}`)
    },
    { variants: numbered(10) },
  ),
  must(
    'c.res.unknown-id',
    'an answer to an id that was never sent is a violation',
    'R-4.4-1 R-9.6-4',
    async (t, kind) => {
      const one = await waiting(t)
      one.peer.send(kind === 'greeting' ? greeting(one.id + 7, 'x') : error(one.id + 7, Code.INVALID_NAME))
      await expectViolation(t, one, 'an answer to no request')
    },
    { variants: ['greeting', 'error'] },
  ),
  must(
    'c.res.duplicate',
    'a second answer to one id is a violation',
    'R-4.4-1',
    async (t, kind) => {
      const { peer, pending, ids } = await manyWaiting(t, 2)
      peer.send(
        greeting(ids[0]!, 'Hello n0'),
        kind === 'greeting' ? greeting(ids[0]!, 'Hello n0') : error(ids[0]!, Code.CANCELLED),
      )
      await t.expectGreeting(pending[0]!, 'Hello n0')
      await expectViolation(t, { peer, pending: pending[1]! }, 'a second answer')
    },
    { variants: ['greeting', 'error'] },
  ),
  must('c.res.id-zero', 'a GREETING with id 0 is a violation', 'R-4.4-1', async (t) => {
    const one = await waiting(t)
    one.peer.send(greeting(0, 'x'))
    await expectViolation(t, one, 'a GREETING with id 0')
  }),
  must(
    'c.res.bad-utf8',
    'a greeting that is not UTF-8 is a violation',
    'R-11-8 R-4.4-1 R-11-4',
    async (t, hex) => {
      const one = await waiting(t)
      one.peer.send(greeting(one.id, Buffer.from(hex, 'hex')))
      await expectViolation(t, one, 'a greeting that is not UTF-8')
    },
    { variants: ['ff', '80', 'c080', 'c3', 'eda080', 'f4908080', '41e28241', 'fe', 'e08080'] },
  ),
  must(
    'c.res.verbatim',
    'a greeting is handed over unchanged',
    'R-11-3 R-11-4',
    async (t, key) => {
      const { peer, pending, id } = await waiting(t)
      peer.send(greeting(id, texts[key]!))
      await t.expectGreeting(pending, texts[key]!)
    },
    { variants: Object.keys(texts) },
  ),
  must(
    'c.res.state-leak',
    'what one greeting leaves unfinished the next does not finish',
    'R-11-4 R-11-8',
    async (t) => {
      const { peer, pending, ids } = await manyWaiting(t, 2)
      peer.send(greeting(ids[0]!, Buffer.from('e282', 'hex')), greeting(ids[1]!, Buffer.from('ac', 'hex')))
      await t.expectError(pending[0]!, ['violation'], 'maybe')
      await t.expectError(pending[1]!, ['violation'], 'maybe')
    },
  ),
  must(
    'c.png.echo',
    'a PING settles with its PONG',
    'R-4.4-1 R-6.6-1',
    async (t) => {
      const peer = await t.open()
      const pending = t.ping()
      const frame = await peer.next('PING')
      check(frame.type === FrameType.PING && frame.payload.length === 0, 'expected a PING without a payload')
      peer.send(pong(frame.id))
      const outcome = await t.settled(pending, 'ping')
      check(outcome.outcome === 'pong', () => `expected pong, got ${JSON.stringify(outcome)}`)
    },
    { needs: ['ping'] },
  ),
  must(
    'c.png.timeout',
    'a PING that is not answered is a timeout',
    'R-9.6-5',
    async (t) => {
      await t.open()
      await t.expectError(t.ping({ timeoutMs: 200 }), ['timeout', 'connection'], undefined, 'ping')
    },
    { needs: ['ping'] },
  ),
  must(
    'c.png.wrong-id',
    'a PONG with another id than the oldest PING’s is a violation',
    'R-4.4-1',
    async (t) => {
      const peer = await t.open()
      const pending = t.ping()
      const frame = await peer.next('PING')
      peer.send(pong((frame.id + 1) >>> 0))
      await t.expectError(pending, ['violation'], undefined, 'ping')
      await expectClosed(peer, 'a PONG with a wrong id')
    },
    { needs: ['ping'] },
  ),
  must('c.png.unasked', 'a PONG without a PING is a violation', 'R-4.4-1', async (t) => {
    const one = await waiting(t)
    one.peer.send(pong(1))
    await expectViolation(t, one, 'a PONG of no PING')
  }),
  must('c.gb.id-above', 'a GOODBYE with an id above the last one sent is a violation', 'R-6.9-4', async (t) => {
    const one = await waiting(t)
    one.peer.send(goodbye(one.id + 1))
    await expectViolation(t, one, 'a GOODBYE above the last id')
  }),
  must('c.gb.twice', 'a second GOODBYE is a violation', 'R-6.9-4', async (t) => {
    const one = await waiting(t)
    one.peer.send(goodbye(one.id), goodbye(one.id))
    await expectViolation(t, one, 'a second GOODBYE')
  }),
  must(
    'c.gb.malformed',
    'a GOODBYE that is too short or too long is a violation',
    'R-6.9-4',
    async (t, size) => {
      const one = await waiting(t)
      one.peer.send(encodeFrame(FrameType.GOODBYE, 0, Buffer.alloc(Number(size), 0x41)))
      await expectViolation(t, one, 'a malformed GOODBYE')
    },
    { variants: ['0', '1', '1027'] },
  ),
]
