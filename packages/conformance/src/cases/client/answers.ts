/** Answers that fit a request, and answers that fit none. */
import { check } from '../../wire/failure.ts'
import { Code, encodeFrame, error, FrameType, goodbye, greeting, pong } from '../../wire/frame.ts'
import { describeFrame } from '../../wire/frame-text.ts'
import { numbered } from '../../run/case.ts'
import type { ClientCase } from '../../run/client-bench.ts'
import { expectClosed, expectViolation, manyWaiting, must, waiting } from './define.ts'

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

export const clientAnswerCases: ClientCase[] = [
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
    'c.res.bad-utf8-cancelled',
    'a greeting that is not UTF-8 is a violation also when its request was given up',
    'R-11-8 R-4.4-1',
    async (t) => {
      const { peer, pending, ids } = await manyWaiting(t, 2)
      await t.settled(t.abort(pending[0]!), 'abort')
      await t.expectError(pending[0]!, ['cancelled'])
      peer.send(greeting(ids[0]!, Buffer.from('ff', 'hex')), greeting(ids[1]!, 'Hello n1'))
      await t.expectError(pending[1]!, ['violation'], 'maybe')
      await expectClosed(peer, 'a greeting that is not UTF-8')
    },
    { needs: ['abort'] },
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
    'c.png.late',
    'the PONG of a PING that timed out is dropped, and the next PONG belongs to the next PING',
    'R-4.4-1',
    async (t) => {
      const { peer, pending, id } = await waiting(t)
      const given = t.ping({ timeoutMs: 200 })
      const first = await peer.next('PING')
      check(first.type === FrameType.PING, () => `expected PING, got ${describeFrame(first)}`)
      const failed = await t.expectError(given, ['timeout', 'connection'], undefined, 'ping')
      // A client may give up a connection that does not answer PING, and nothing is late then.
      if (failed.kind === 'connection') return
      const next = t.ping()
      const second = await peer.next('PING')
      check(second.type === FrameType.PING, () => `expected PING, got ${describeFrame(second)}`)
      peer.send(pong(first.id), pong(second.id), greeting(id, 'Hello Ada'))
      const outcome = await t.settled(next, 'ping')
      check(outcome.outcome === 'pong', () => `expected pong, got ${JSON.stringify(outcome)}`)
      await t.expectGreeting(pending, 'Hello Ada')
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
