/** The drain of a server: its listener, its deadline, its exit. */
import { check, Inconclusive } from '../../wire/failure.ts'
import { FrameType, name, ping, readGoodbye, Reason } from '../../wire/frame.ts'
import { describeFrame } from '../../wire/frame-text.ts'
import type { ServerCase } from '../../run/server-bench.ts'
import { eventually } from '../../run/server-test.ts'
import { expectBarrier } from '../expect.ts'
import { must, should } from './define.ts'
import { checkGoodbye, draining, exitsWith, expectAged, expectGoodbye, own, stop } from './stopping.ts'
import { checkInTime, EARLY_MS, passes } from './time-checks.ts'

export const drainCases: ServerCase[] = [
  must(
    'gb.new-connection',
    'a stopping server takes no new connection',
    'R-14-8',
    async (t) => {
      await draining(t)
      const refused = async (): Promise<boolean> => {
        try {
          const peer = await t.connect()
          const frame = await peer.nextOrEnd('the refusal of a new connection')
          return typeof frame === 'string' || frame.type === FrameType.GOODBYE || frame.type === FrameType.ERROR
        } catch (cause) {
          return (cause as Error).message.includes('ECONNREFUSED') || (cause as Error).message.includes('ECONNRESET')
        }
      }
      check(await refused(), 'expected a new connection to be refused')
    },
    own,
  ),
  must(
    'gb.deadline',
    'a peer that never reads is cut at the drain deadline, and the server exits with 0',
    'R-14-14 R-12-14 R-12-11',
    async (t) => {
      const peer = await t.connect()
      peer.send(name(1, '~hang~x'))
      await expectBarrier(peer)
      stop(t)
      await expectGoodbye(peer, 1, Reason.SHUTTING_DOWN)
      const begun = performance.now()
      await peer.expectEnd('the drain deadline')
      const took = performance.now() - begun
      check(peer.ended === 'reset', 'expected a reset at the drain deadline, got FIN')
      check(took > 400, `expected the drain to last 600 ms, it lasted ${took.toFixed(0)} ms`)
      await exitsWith(t, 0)
    },
    { ...own, options: { greeter: 'conformance', drainTimeoutMs: 600, lingerTimeoutMs: 300 } },
  ),
  must(
    'gb.deadline-not-prolonged',
    'PINGs do not prolong a drain',
    'R-12-11 R-14-14',
    async (t) => {
      const peer = await t.connect()
      peer.send(name(1, '~hang~x'))
      await expectBarrier(peer)
      stop(t)
      await expectGoodbye(peer, 1, Reason.SHUTTING_DOWN)
      const deadline = performance.now() + 600 + t.timing.reactionMs
      while (peer.ended === undefined && performance.now() < deadline) {
        peer.send(ping(1))
        const frame = await peer.nextOrEnd('PONG or the end')
        if (typeof frame !== 'string') await passes(20)
      }
      check(peer.ended !== undefined, 'expected the drain to end although we go on with PINGs')
    },
    { ...own, options: { greeter: 'conformance', drainTimeoutMs: 600, lingerTimeoutMs: 300 } },
  ),
  must(
    'gb.shutdown-while-draining',
    'a shutdown that meets a drain neither says GOODBYE again nor puts the deadline off',
    'R-14-1 R-14-14 R-12-15',
    async (t) => {
      const old = await t.connect()
      old.send(name(1, '~hang~old'))
      await expectAged(old)
      await passes(2_500)
      const young = await t.connect()
      young.send(name(1, '~hang~young'))
      await expectBarrier(young)
      if (old.ended !== undefined) throw new Inconclusive('the suite was late')
      stop(t)
      const stopped = performance.now()
      const goodbye = await young.next('GOODBYE id=1')
      if (goodbye.type === FrameType.GOODBYE && readGoodbye(goodbye)?.reason === Reason.MAX_AGE)
        throw new Inconclusive('the younger connection came to its maximum age before the server stopped')
      checkGoodbye(goodbye, 1, Reason.SHUTTING_DOWN)
      const end = await old.nextOrEnd('the earlier of two deadlines', 2_000)
      check(end === 'reset', () => `expected a reset, got ${typeof end === 'string' ? end : describeFrame(end)}`)
      // The younger one has its own deadline, 2,500 ms later.
      await expectBarrier(young).catch((failure: unknown) => {
        if (young.ended === 'reset') checkInTime(stopped, 3_000 - EARLY_MS, 'a look at the younger connection')
        throw failure
      })
    },
    { ...own, options: { greeter: 'conformance', maxAgeMs: 500, drainTimeoutMs: 3_000 }, timed: true },
  ),
  should(
    'gb.second-signal',
    'a second SIGTERM ends a drain at once',
    'R-14-14',
    async (t) => {
      const peer = await t.connect()
      peer.send(name(1, '~hang~x'))
      await expectBarrier(peer)
      stop(t)
      await expectGoodbye(peer, 1, Reason.SHUTTING_DOWN)
      t.target.terminate()
      check(
        await eventually(() => !t.target.alive(), t.timing.reactionMs),
        'expected the server to be gone after the second signal',
      )
    },
    { ...own, options: { greeter: 'conformance', drainTimeoutMs: 60_000 } },
  ),
]
