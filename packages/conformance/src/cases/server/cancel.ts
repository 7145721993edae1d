/** CANCEL: what it ends, what it leaves alone, and what it must not buy. */
import { check } from '../../wire/failure.ts'
import { cancel, FrameType, name, type Frame } from '../../wire/frame.ts'
import { describeFrame } from '../../wire/frame-text.ts'
import type { ServerCase } from '../../run/server-bench.ts'
import {
  checkGreeting,
  checkRequestError,
  collectTerminals,
  expectBarrier,
  expectRunning,
  expectGreeting,
  expectOnlyFatal,
  expectRequestError,
} from '../expect.ts'
import { delayed, must, nameFor } from './define.ts'

export const cancelCases: ServerCase[] = [
  must(
    'can.inflight',
    'a cancelled request gets exactly one terminal frame',
    'R-8.1-1 R-8.1-3 R-7.2-3',
    async (t) => {
      const peer = await t.connect()
      peer.send(name(1, '~200~x'))
      await expectRunning(peer)
      peer.send(cancel(1))
      checkCancelled((await collectTerminals(peer, [1])).get(1)!, '~200~x')
      await expectBarrier(peer)
    },
    delayed,
  ),
  must(
    'can.same-segment',
    'NAME and CANCEL in one segment give exactly one terminal frame',
    'R-8.2-1 R-8.1-3 R-7.2-3',
    async (t) => {
      const peer = await t.connect()
      peer.send(name(1, nameFor(t, 1)), cancel(1))
      checkCancelled((await collectTerminals(peer, [1])).get(1)!, nameFor(t, 1))
      await expectBarrier(peer)
    },
  ),
  must('can.completed', 'the CANCEL of an answered request is ignored', 'R-8.1-5', async (t) => {
    const peer = await t.connect()
    peer.send(name(1, nameFor(t, 1)))
    await expectGreeting(peer, 1, nameFor(t, 1))
    peer.send(cancel(1))
    await expectBarrier(peer)
  }),
  must('can.refused', 'the CANCEL of a refused request is ignored', 'R-8.1-5 R-8.2-1', async (t) => {
    const peer = await t.connect()
    peer.send(name(1, ''), cancel(1))
    await expectRequestError(peer, 1, 'INVALID_NAME', 0)
    await expectBarrier(peer)
  }),
  must('can.gap', 'the CANCEL of an id that was skipped is ignored', 'R-8.1-5', async (t) => {
    const peer = await t.connect()
    peer.send(name(10, nameFor(t, 1)), cancel(4))
    await expectGreeting(peer, 10, nameFor(t, 1))
    await expectBarrier(peer)
  }),
  must(
    'can.twice',
    'a second CANCEL has no further effect',
    'R-8.2-1 R-8.1-5',
    async (t) => {
      const peer = await t.connect()
      peer.send(name(1, '~150~x'), cancel(1), cancel(1))
      checkCancelled((await collectTerminals(peer, [1])).get(1)!, '~150~x')
      peer.send(cancel(1))
      await expectBarrier(peer)
    },
    delayed,
  ),
  must(
    'can.future',
    'the CANCEL of an id above the last one is fatal',
    'R-6.8-4 R-8.2-1',
    async (t, id) => {
      const peer = await t.connect()
      peer.send(name(5, nameFor(t, 1)))
      await expectGreeting(peer, 5, nameFor(t, 1))
      peer.send(cancel(Number(id)), name(Number(id), nameFor(t, 2)))
      await expectOnlyFatal(peer, 'PROTOCOL_VIOLATION', 0)
    },
    { variants: ['6', '7', '65541', '2147483653', '4294967295'] },
  ),
  must('can.fresh', 'a CANCEL before any NAME is fatal', 'R-6.8-4', async (t) => {
    const peer = await t.connect()
    peer.send(cancel(1))
    await expectOnlyFatal(peer, 'PROTOCOL_VIOLATION', 0)
  }),
  must('can.zero', 'the CANCEL of id 0 is fatal', 'R-6.8-4', async (t) => {
    const peer = await t.connect()
    peer.send(name(1, nameFor(t, 1)))
    await expectGreeting(peer, 1, nameFor(t, 1))
    peer.send(cancel(0))
    await expectOnlyFatal(peer, 'PROTOCOL_VIOLATION', 0)
  }),
  must(
    'can.others',
    'a CANCEL leaves every other request alone',
    'R-8.1-6',
    async (t) => {
      const peer = await t.connect()
      const other = await t.connect()
      other.send(name(2, '~150~other'))
      peer.send(name(1, '~100~a'), name(2, '~150~b'), name(3, '~100~c'), cancel(2))
      const answers = await collectTerminals(peer, [1, 2, 3])
      checkGreeting(answers.get(1)!, '~100~a')
      checkCancelled(answers.get(2)!, '~150~b')
      checkGreeting(answers.get(3)!, '~100~c')
      await expectGreeting(other, 2, '~150~other')
    },
    delayed,
  ),
]

export function checkCancelled(frame: Frame, text: string): void {
  if (frame.type === FrameType.GREETING) checkGreeting(frame, text)
  else if (frame.type === FrameType.ERROR) checkRequestError(frame, frame.id, 'CANCELLED', 0)
  else check(false, `expected GREETING or CANCELLED, got ${describeFrame(frame)}`)
}
