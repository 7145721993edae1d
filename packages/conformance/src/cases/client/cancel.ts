/** Giving up: what a client sends, and what it drops. */
import { check } from '../../wire/failure.ts'
import { Code, error, FrameType, goodbye, greeting, pong } from '../../wire/frame.ts'
import { describeFrame } from '../../wire/frame-text.ts'
import type { ClientCase } from '../../run/client-bench.ts'
import { expectClosed, manyWaiting, must, should, waiting } from './define.ts'

export const clientCancelCases: ClientCase[] = [
  must(
    'c.can.abort',
    'an aborted request settles, whatever answer comes later',
    'R-8.1-7 R-8.1-8 R-9.6-5 R-6.8-1',
    async (t, answer) => {
      const { peer, pending, id } = await waiting(t)
      await t.settled(t.abort(pending), 'abort')
      await t.expectError(pending, ['cancelled'])
      const frame = await peer.next('CANCEL')
      check(
        frame.type === FrameType.CANCEL && frame.id === id,
        () => `expected CANCEL id=${id}, got ${describeFrame(frame)}`,
      )
      peer.send(
        answer === 'greeting'
          ? greeting(id, 'Hello Ada')
          : error(id, answer === 'cancelled' ? Code.CANCELLED : Code.GREETER_FAILED),
      )
      await t.expectWorks(peer)
    },
    { needs: ['abort'], variants: ['greeting', 'cancelled', 'failed'] },
  ),
  must(
    'c.res.late-after-cancel',
    'the late answer to an aborted request is dropped, others are not',
    'R-8.1-7 R-4.4-1',
    async (t) => {
      const { peer, pending, ids } = await manyWaiting(t, 3)
      await t.settled(t.abort(pending[1]!), 'abort')
      await t.expectError(pending[1]!, ['cancelled'])
      peer.send(greeting(ids[1]!, 'late'), greeting(ids[0]!, 'Hello n0'), greeting(ids[2]!, 'Hello n2'))
      await t.expectGreeting(pending[0]!, 'Hello n0')
      await t.expectGreeting(pending[2]!, 'Hello n2')
    },
    { needs: ['abort'] },
  ),
  should(
    'c.can.before-send',
    'a request given up before its NAME is written is never sent',
    'R-8.1-9 R-8.1-10 R-6.8-2',
    async (t) => {
      const peer = await t.open({}, { maxInFlight: 1 })
      const first = t.greet('first')
      const { id } = await t.nextName(peer)
      const second = t.greet('second')
      await t.adapterRoundTrip()
      await t.settled(t.abort(second), 'abort')
      await t.expectError(second, ['cancelled'], 'never')
      const third = t.greet('third')
      peer.send(greeting(id, 'x'))
      await t.expectGreeting(first, 'x')
      const frame = await t.nextName(peer)
      check(frame.payload.toString() === 'third', () => `expected the third name next, got ${describeFrame(frame)}`)
      peer.send(greeting(frame.id, 'x'))
      await t.expectGreeting(third, 'x')
    },
    { needs: ['abort', 'hello'] },
  ),
  must(
    'c.can.after-done',
    'an abort after the answer does nothing',
    'R-8.1-10 R-6.8-2 R-6.8-1',
    async (t) => {
      const { peer, pending, id } = await waiting(t)
      peer.send(greeting(id, 'Hello Ada'))
      await t.expectGreeting(pending, 'Hello Ada')
      await t.settled(t.abort(pending), 'abort')
      await t.expectWorks(peer)
    },
    { needs: ['abort'] },
  ),
  should(
    'c.can.timeout',
    'a request that times out sends CANCEL, and its late answer is dropped',
    'R-8.1-8 R-8.1-7',
    async (t) => {
      const peer = await t.open()
      const pending = t.greet('slow', { timeoutMs: 200 })
      const { id } = await t.nextName(peer)
      await t.expectError(pending, ['timeout'], 'maybe')
      const frame = await peer.next('CANCEL')
      check(
        frame.type === FrameType.CANCEL && frame.id === id,
        () => `expected CANCEL id=${id}, got ${describeFrame(frame)}`,
      )
      peer.send(greeting(id, 'late'))
      await t.expectWorks(peer)
    },
    { needs: ['timeout'] },
  ),
  should(
    'c.can.draining',
    'a request given up while the connection drains or closes is cancelled as ever',
    'R-8.1-8 R-8.1-7',
    async (t, how) => {
      const { peer, pending, ids } = await manyWaiting(t, 2)
      const closing = how === 'close' ? t.close() : undefined
      await t.adapterRoundTrip()
      if (how === 'goodbye') peer.send(goodbye(ids[1]!))
      peer.send(greeting(ids[0]!, 'Hello n0'))
      // What was sent before this answer has been read when the answer is there.
      await t.expectGreeting(pending[0]!, 'Hello n0')
      await t.settled(t.abort(pending[1]!), 'abort')
      await t.expectError(pending[1]!, ['cancelled'], 'maybe')
      const frame = await peer.next('CANCEL')
      check(
        frame.type === FrameType.CANCEL && frame.id === ids[1],
        () => `expected CANCEL id=${ids[1]}, got ${describeFrame(frame)}`,
      )
      peer.send(error(ids[1], Code.CANCELLED))
      await expectClosed(peer, 'the last answer')
      peer.fin()
      if (closing) await t.settled(closing, 'close')
    },
    { needs: ['abort'], variants: ['goodbye', 'close'] },
  ),
  should(
    'c.can.keeps-place',
    'a cancelled request keeps its place until its answer',
    'R-7.3-8',
    async (t) => {
      const peer = await t.open({}, { maxInFlight: 1 })
      const first = t.greet('first')
      const { id } = await t.nextName(peer)
      await t.settled(t.abort(first), 'abort')
      await t.expectError(first, ['cancelled'])
      const second = t.greet('second')
      await t.adapterRoundTrip()
      // A client may look at its queue only when something arrives: the first PONG makes it look, the second PING shows what it did.
      for (let round = 0; round < 2 && t.adapter.features.has('ping'); round += 1) {
        const asked = t.ping()
        let between = await peer.next('CANCEL, PING')
        if (between.type === FrameType.CANCEL) between = await peer.next('PING')
        check(
          between.type === FrameType.PING,
          () => `expected no NAME before the cancelled request has its answer, got ${describeFrame(between)}`,
        )
        peer.send(pong(between.id))
        await t.settled(asked, 'ping')
      }
      peer.send(error(id, Code.CANCELLED))
      const frame = await t.nextName(peer)
      peer.send(greeting(frame.id, 'x'))
      await t.expectGreeting(second, 'x')
    },
    { needs: ['abort', 'hello'] },
  ),
]
