/** Many requests at once, on one connection and on many. */
import { check, Unsupported } from '../../wire/failure.ts'
import { FrameType, name, ping } from '../../wire/frame.ts'
import { describeFrame } from '../../wire/frame-text.ts'
import type { ServerCase } from '../../run/server-bench.ts'
import {
  checkGreeting,
  checkRequestError,
  collectTerminals,
  expectBarrier,
  expectGreetings,
  expectOnlyFatal,
  expectPong,
  expectRequestError,
} from '../expect.ts'
import { delayed, few, fewLogged, must, nameFor, namesFor } from './define.ts'
import { passes } from './time-checks.ts'

export const pipeliningCases: ServerCase[] = [
  must('pipe.1000', '1,000 pipelined names get the right answer each', 'R-7.2-3 R-7.2-4 R-6.4-1', async (t) => {
    const peer = await t.connect()
    const names = namesFor(t, 1000)
    peer.send(...[...names].map(([id, text]) => name(id, text)))
    await expectGreetings(peer, names)
    await expectBarrier(peer)
  }),
  must(
    'pipe.once',
    'a request that was answered gets no second answer, also not a second and a half later',
    'R-7.2-3 R-7.2-4',
    async (t) => {
      if (t.limits.idleTimeoutMs > 0 && t.limits.idleTimeoutMs < 3_000)
        throw new Unsupported('the idle timer of the target is shorter than this case')
      const peer = await t.connect()
      const names = namesFor(t, 30)
      peer.send(name(31, ''), ...[...names].map(([id, text]) => name(id + 31, text)))
      await expectRequestError(peer, 31, 'INVALID_NAME', 0)
      await expectGreetings(peer, new Map([...names].map(([id, text]) => [id + 31, text])))
      await passes(1_500)
      await expectBarrier(peer)
    },
  ),
  must(
    'pipe.alone',
    'a NAME that no other waits in front of is not OVERLOADED',
    'R-7.4-1',
    async (t) => {
      const peer = await t.connect()
      peer.send(name(1, nameFor(t, 1)))
      const frame = await peer.next('GREETING id=1')
      // Nobody else uses this server, so its queue has room.
      check(frame.type === FrameType.GREETING, () => `expected GREETING id=1, got ${describeFrame(frame)}`)
      checkGreeting(frame, nameFor(t, 1))
    },
    { needs: ['process'] },
  ),
  must(
    'pipe.mixed',
    'valid, invalid and too long names interleaved get their own answers',
    'R-9.4-1 R-9.4-3 R-9.4-4 R-7.2-3',
    async (t) => {
      const peer = await t.connect()
      const tooLong = Math.min(4096, t.limits.maxPayload) > t.limits.maxName ? 'n'.repeat(t.limits.maxName + 1) : ''
      const texts = Array.from({ length: 200 }, (_, index) => [nameFor(t, index), '', tooLong, '\u0007'][index % 4]!)
      peer.send(...texts.map((text, index) => name(index + 1, text)))
      const answers = await collectTerminals(
        peer,
        texts.keys().map((index) => index + 1),
      )
      for (const [index, text] of texts.entries()) {
        const frame = answers.get(index + 1)!
        if (index % 4 === 0) checkGreeting(frame, text)
        else if (text.length > t.limits.maxName) checkRequestError(frame, index + 1, 'NAME_TOO_LONG', t.limits.maxName)
        else checkRequestError(frame, index + 1, 'INVALID_NAME', 0)
      }
      await expectBarrier(peer)
    },
  ),
  must(
    'pipe.limit',
    'beyond maxInFlight nothing fails and nothing is lost',
    'R-7.3-1 R-7.3-3 R-7.3-5 R-7.3-7',
    async (t) => {
      const peer = await t.connect()
      const names = new Map(
        Array.from({ length: 40 }, (_, index) => [index + 1, index % 4 === 0 ? `~30~n${index}` : `n${index}`]),
      )
      peer.send(...[...names].map(([id, text]) => name(id, text)))
      for (let left = names.size; left > 0; left -= 1) {
        const frame = await peer.next(`${left} more greetings`)
        // Nobody else uses this server, so its queue has room: OVERLOADED is a failure too.
        check(frame.type === FrameType.GREETING, () => `expected only greetings, got ${describeFrame(frame)}`)
        checkGreeting(frame, names.get(frame.id) ?? '')
      }
      await expectBarrier(peer)
    },
    few,
  ),
  must(
    'pipe.limit-held',
    'no more than maxInFlight requests are executed at a time',
    'R-7.3-1 R-7.3-2 R-7.3-6 R-7.2-5',
    async (t) => {
      const peer = await t.connect()
      const held = Array.from({ length: 4 }, (_, index) => [index + 1, `~400~held${index}`] as const)
      peer.send(...held.map(([id, text]) => name(id, text)), name(5, 'fifth'))
      const first = await peer.next('the first answer')
      check(
        held.some(([id]) => id === first.id),
        () => `expected one of the first four answers first, got ${describeFrame(first)}`,
      )
      const seen = t.executedNames().indexOf('fifth')
      check(seen === -1 || seen >= 4, 'expected the fifth name to wait for a place')
      await collectTerminals(
        peer,
        [...held.map(([id]) => id), 5].filter((id) => id !== first.id),
      )
    },
    fewLogged,
  ),
  must(
    'pipe.ping-while-full',
    'PINGs in front of the stopping NAME are answered although every place is taken',
    'R-7.3-4 R-6.7-3',
    async (t) => {
      const peer = await t.connect()
      peer.send(...[1, 2, 3, 4].map((id) => name(id, `~300~n${id}`)), ping(1), ping(2))
      await expectPong(peer, 1)
      await expectPong(peer, 2)
      await collectTerminals(peer, [1, 2, 3, 4])
    },
    few,
  ),
  must(
    'pipe.ping-behind-stop',
    'a PING behind the stopping NAME waits for it',
    'R-7.3-2 R-7.3-7 R-5.3-8',
    async (t) => {
      const peer = await t.connect()
      peer.send(...[1, 2, 3, 4].map((id) => name(id, `~150~n${id}`)), name(5, ''), ping(9))
      const order: string[] = []
      while (order.length < 6)
        order.push(
          describeFrame(await peer.next('five answers and a PONG'))
            .split(' ')
            .slice(0, 2)
            .join(' '),
        )
      check(
        order.indexOf('ERROR id=5') < order.indexOf('PONG id=9'),
        `expected the answer to the invalid fifth name before the PONG, got ${order.join(', ')}`,
      )
      check(order.indexOf('PONG id=9') > 0, 'expected the PONG behind an answer that freed a place')
    },
    few,
  ),
  must(
    'pipe.stop-violation',
    'an illegal NAME header is fatal also while every place is taken',
    'R-6.3-3 R-9.3-2',
    async (t) => {
      const peer = await t.connect()
      peer.send(...[1, 2, 3, 4].map((id) => name(id, `~150~n${id}`)), name(4, 'again'))
      const answers = await collectTerminals(peer, [1, 2, 3, 4])
      check(answers.size === 4, 'expected four answers before the ERROR')
      await expectOnlyFatal(peer, 'PROTOCOL_VIOLATION', 0)
    },
    few,
  ),
  must(
    'pipe.parallel',
    'delayed requests of one connection overlap',
    'R-7.2-3',
    async (t) => {
      const peer = await t.connect()
      const names = new Map(
        Array.from({ length: 8 }, (_, index) => [index + 1, `~${index === 0 ? 2_000 : 50}~n${index}`]),
      )
      peer.send(...[...names].map(([id, text]) => name(id, text)))
      const answers = await collectTerminals(peer, names.keys())
      for (const [id, frame] of answers) checkGreeting(frame, names.get(id)!)
      const order = [...answers.keys()].join(' ')
      check(order.endsWith(' 1'), `expected the request of two seconds to be answered last, the order was ${order}`)
    },
    { ...delayed, needs: [...delayed.needs, 'pool'] },
  ),
]
