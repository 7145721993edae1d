/** The greeter timer: it ends one request once, whatever else the connection and the greeter do. */
import { check } from '../../wire/failure.ts'
import { Code, FrameType, isTerminal, name, readError, type Frame } from '../../wire/frame.ts'
import { describeFrame } from '../../wire/frame-text.ts'
import type { ServerCase } from '../../run/server-bench.ts'
import { checkGreeting, collectTerminals, expectBarrier, expectGreeting, expectRequestError } from '../expect.ts'
import { must } from './define.ts'
import { checkNotBefore, inWindow } from './time-checks.ts'

const T = 300
const short = {
  needs: ['process', 'conformance-greeter'],
  options: { greeter: 'conformance', greeterTimeoutMs: T },
} as const

export const greeterTimerCases: ServerCase[] = [
  must(
    'err.greeter-timeout',
    'a greeter that never ends costs its request only',
    'R-9.4-8 R-12-1',
    async (t) => {
      const peer = await t.connect()
      const begun = performance.now()
      peer.send(name(1, '~hang~x'))
      await expectRequestError(peer, 1, 'GREETER_TIMEOUT', 0)
      inWindow(t, begun, T)
      peer.send(name(2, 'Ada'))
      await expectGreeting(peer, 2, 'Ada')
    },
    short,
  ),
  must(
    'err.greeter-timeout-alone',
    'a greeter that takes too long leaves the younger requests of its connection alone',
    'R-9.4-8 R-12-1',
    async (t) => {
      const peer = await t.connect()
      const begun = performance.now()
      peer.send(name(1, '~hang~x'), name(2, '~200~before'))
      let youngerSentAt = Infinity
      for (let left = 3; left > 0; left -= 1) {
        const frame = await peer.next('three answers')
        check(isTerminal(frame), () => `expected three answers, got ${describeFrame(frame)}`)
        if (frame.id === 2) {
          youngerSentAt = performance.now()
          peer.send(name(3, '~200~during'))
        }
        // A busy machine may make a greeter of 200 ms take more than the 300 that are allowed, but never less.
        if (isTimeout(frame)) checkNotBefore(frame.id === 3 ? youngerSentAt : begun, T, 'GREETER_TIMEOUT')
        else checkGreeting(frame, frame.id === 2 ? '~200~before' : '~200~during')
      }
      await expectBarrier(peer)
    },
    short,
  ),
  must(
    'err.greeter-late',
    'a greeting that comes after GREETER_TIMEOUT is not sent',
    'R-7.2-3 R-7.2-4 R-9.4-8',
    async (t) => {
      const peer = await t.connect()
      peer.send(name(1, '~1500~late'))
      await expectRequestError(peer, 1, 'GREETER_TIMEOUT', 0)
      // Seven that come to their end one after the other, the last behind the late greeter.
      for (let id = 2; id <= 8; id += 1) {
        peer.send(name(id, '~200~after'))
        await collectTerminals(peer, [id])
      }
      await expectBarrier(peer)
    },
    short,
  ),
]

function isTimeout(frame: Frame): boolean {
  return frame.type === FrameType.ERROR && readError(frame)?.code === Code.GREETER_TIMEOUT
}
