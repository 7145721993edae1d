/** CANCEL and places in flight: what it frees, what it does not, and in which order it acts. */
import { check, Inconclusive } from '../../wire/failure.ts'
import { cancel, FrameType, isTerminal, name, ping, type Frame } from '../../wire/frame.ts'
import type { ServerCase } from '../../run/server-bench.ts'
import { eventually } from '../../run/server-test.ts'
import {
  checkGreeting,
  checkRequestError,
  collectTerminals,
  expectBarrier,
  expectFatal,
  expectGreeting,
  expectPong,
} from '../expect.ts'
import { delayed, fewLogged, must, nameFor } from './define.ts'
import { checkCancelled } from './cancel.ts'
import { checkNotBefore } from './time-checks.ts'

export const cancelPlaceCases: ServerCase[] = [
  must(
    'can.frees-place',
    'a full connection can cancel, and goes on when the answer has come',
    'R-7.3-4 R-7.3-7 R-8.1-4',
    async (t) => {
      const peer = await t.connect()
      peer.send(
        ...[1, 2, 3, 4].map((id) => name(id, `~250~n${id}`)),
        cancel(1),
        cancel(2),
        cancel(3),
        cancel(4),
        ping(1),
      )
      const seen: Frame[] = []
      while (seen.length < 5) seen.push(await peer.next('four answers and a PONG'))
      const pong = seen.findIndex((frame) => frame.type === FrameType.PONG)
      const greeted = seen.findIndex((frame) => frame.type === FrameType.GREETING)
      check(
        greeted === -1 || pong < greeted,
        'expected the PONG, which is in front of no NAME, before any greeter ended',
      )
      peer.send(name(5, 'next'))
      await expectGreeting(peer, 5, 'next')
    },
    fewLogged,
  ),
  must(
    'can.place-kept',
    'a cancelled request keeps its place until its terminal frame',
    'R-8.1-4 R-7.3-6',
    async (t) => {
      const peer = await t.connect()
      const frames: Buffer[] = []
      for (let id = 1; id <= 12; id += 1) frames.push(name(id, `~1000~k${id}`), cancel(id))
      peer.send(...frames)
      const terminals = (): number => peer.received.filter(({ frame }) => isTerminal(frame)).length
      while (terminals() < 12) {
        // Answers that are still under way must not look like places taken twice, so the bound leaves room for some; a server
        // that frees places at CANCEL executes all 12 at once, a second before the first answer.
        const executed = t.executedNames().filter((text) => text.startsWith('~1000~k')).length
        check(
          await eventually(() => executed - terminals() <= 8, 800, 5),
          () => `expected about 4 names executed ahead of their answers, got ${executed - terminals()}`,
        )
        await eventually(() => terminals() >= 12, 20, 5)
      }
      await collectTerminals(
        peer,
        Array.from({ length: 12 }, (_, index) => index + 1),
      )
      await expectBarrier(peer)
    },
    fewLogged,
  ),
  must(
    'can.runs-on',
    'a cancelled request has no terminal frame as long as its greeter runs on',
    'R-8.1-3 R-8.1-4',
    async (t) => {
      const peer = await t.connect()
      const begun = performance.now()
      peer.send(name(1, '~busy400~runs-on'))
      await eventually(() => t.executedNames().includes('~busy400~runs-on'), t.timing.reactionMs, 5)
      peer.send(cancel(1))
      checkCancelled((await collectTerminals(peer, [1])).get(1)!, '~busy400~runs-on')
      checkNotBefore(begun, 400, 'terminal frame')
    },
    fewLogged,
  ),
  must(
    'can.rapid',
    '10,000 pairs of NAME and CANCEL are all answered, in bounded memory',
    'R-8.1-4 R-7.2-3 R-13.4-1',
    async (t) => {
      const peer = await t.connect()
      const before = t.memory()
      const ids = Array.from({ length: 10_000 }, (_, index) => index + 1)
      for (let from = 0; from < ids.length; from += 500)
        peer.send(...ids.slice(from, from + 500).flatMap((id) => [name(id, nameFor(t, id)), cancel(id)]))
      await collectTerminals(peer, ids)
      const grown = (t.memory() - before) / 2 ** 20
      check(grown < 64, `expected growth below 64 MiB, got ${grown.toFixed(0)} MiB`)
      await expectBarrier(peer)
    },
    { needs: ['pid'] },
  ),
  must(
    'can.then-fin',
    'a CANCEL before FIN acts before it',
    'R-8.2-1 R-13.1-2',
    async (t) => {
      const peer = await t.connect()
      peer.send(name(1, '~150~x'), cancel(1))
      peer.fin()
      checkCancelled((await collectTerminals(peer, [1])).get(1)!, '~150~x')
      await peer.expectFin('the answer')
    },
    delayed,
  ),
  must(
    'can.behind-violation',
    'a CANCEL behind a violation is discarded: the request runs to its end',
    'R-8.2-1 R-9.3-1 R-9.3-2',
    async (t) => {
      const peer = await t.connect()
      peer.send(name(1, '~150~x'), name(1, 'again'), cancel(1))
      const { before } = await expectFatal(peer, 'PROTOCOL_VIOLATION', 0)
      check(before.length === 1, () => `expected one answer before the ERROR, got ${before.length}`)
      checkGreeting(before[0]!, '~150~x')
    },
    delayed,
  ),
  must('can.ping-order', 'CANCEL does not disturb the order of PONGs', 'R-6.7-2 R-8.1-6', async (t) => {
    const peer = await t.connect()
    peer.send(name(1, nameFor(t, 1)))
    await expectGreeting(peer, 1, nameFor(t, 1))
    peer.send(ping(1), cancel(1), ping(2), cancel(1), ping(3))
    for (const id of [1, 2, 3]) await expectPong(peer, id)
  }),
  must(
    'can.unstarted',
    'a request that is cancelled before its greeter starts ends at once and is never executed',
    'R-8.1-1 R-8.1-2',
    async (t) => {
      const peer = await t.connect()
      const begun = performance.now()
      peer.send(
        name(1, '~busy400~first'),
        ...[2, 3, 4, 5, 6, 7, 8].map((id) => name(id, `~busy20~w${id}`)),
        cancel(7),
        cancel(8),
        ping(1),
      )
      const order: Frame[] = []
      while (order.length < 8) {
        const frame = await peer.next('eight answers')
        if (frame.type !== FrameType.PONG) order.push(frame)
        else if (performance.now() - begun > 300)
          throw new Inconclusive('the server judged the CANCELs only when the thread may have been free')
      }
      const first = order.findIndex((frame) => frame.id === 1)
      const executed = t.executedNames()
      for (const id of [7, 8]) {
        const at = order.findIndex((frame) => frame.id === id)
        checkRequestError(order[at]!, id, 'CANCELLED', 0)
        check(
          at < first,
          `expected CANCELLED of request ${id}, which had not started, before the greeting that keeps the thread`,
        )
        check(!executed.includes(`~busy20~w${id}`), `expected request ${id} not to be executed`)
      }
    },
    {
      ownTarget: true,
      needs: ['process', 'conformance-greeter', 'execution-log', 'pool'],
      options: { greeter: 'conformance', threads: 1 },
    },
  ),
]
