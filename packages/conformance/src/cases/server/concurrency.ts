/** Many connections at once, threads that die, and a queue that is full. */
import { check } from '../../wire/failure.ts'
import { FrameType, name, ping } from '../../wire/frame.ts'
import type { ServerCase } from '../../run/server-bench.ts'
import { eventually } from '../../run/server-test.ts'
import { turn } from '../../wire/raw-peer.ts'
import {
  checkGreeting,
  checkRequestError,
  expectBarrier,
  expectRunning,
  expectGreeting,
  expectGreetings,
  expectPong,
  refuseOverload,
} from '../expect.ts'
import { delayed, must, nameFor, namesFor, should } from './define.ts'

export const concurrencyCases: ServerCase[] = [
  must('pipe.cross', 'the same ids on 50 connections do not mix', 'R-6.4-1 R-7.2-3', async (t) => {
    const peers = await t.connectMany(50)
    const namesOf = (index: number): Map<number, string> =>
      new Map([1, 2, 3, 4, 5].map((id) => [id, nameFor(t, index * 31 + id)]))
    for (const [index, peer] of peers.entries()) peer.send(...[...namesOf(index)].map(([id, text]) => name(id, text)))
    for (const [index, peer] of peers.entries()) await expectGreetings(peer, namesOf(index))
  }),
  must('con.50x100', '50 connections with 100 names each are all answered', 'R-7.2-3 R-13.4-3', async (t) => {
    const peers = await t.connectMany(50)
    const names = namesFor(t, 100)
    for (const peer of peers) peer.send(...[...names].map(([id, text]) => name(id, text)))
    for (const peer of peers) await expectGreetings(peer, names)
  }),
  must('con.frame-atomic', 'large greetings never mix their bytes (1,000 rounds)', 'R-5.1-4 R-5.1-1', async (t) => {
    const peer = await t.connect()
    const size = Math.min(t.limits.maxName, 4090)
    for (let round = 0; round < 20; round += 1) {
      const names = new Map(
        Array.from({ length: 100 }, (_, index) => [round * 100 + index + 1, 'ab'[index & 1]!.repeat(size)]),
      )
      peer.send(...[...names].map(([id, text]) => name(id, text)))
      await expectGreetings(peer, names)
    }
  }),
  should(
    'con.fairness',
    'a connection that always has 10,000 names waiting does not keep the PING of another waiting',
    'R-17-3 R-13.4-3',
    async (t) => {
      const busy = await t.connect()
      const quiet = await t.connect()
      const names = new Map<number, string>()
      const sendMore = (count: number): void => {
        const more = Array.from({ length: count }, (_, index) => names.size + index + 1)
        for (const id of more) names.set(id, nameFor(t, id))
        busy.send(...more.map((id) => name(id, names.get(id)!)))
      }
      sendMore(10_000)
      quiet.send(ping(1))
      let waits = true
      const answer = expectPong(quiet, 1).finally(() => (waits = false))
      answer.catch(() => undefined)
      for (let answered = 0; answered < names.size; answered += 1) {
        // A quick server has answered any number of names before it reads the PING; so there are always more.
        if (waits && names.size - answered <= 5_000) sendMore(5_000)
        const frame = await busy.next('a greeting')
        refuseOverload(frame)
        checkGreeting(frame, names.get(frame.id) ?? '')
        if (answered % 1_000 === 0) await turn()
      }
      await answer
    },
  ),
  must(
    'con.slow-greeter-elsewhere',
    'a request that takes long does not delay another connection',
    'R-9.2-2 R-13.4-3',
    async (t) => {
      const slow = await t.connect()
      const quick = await t.connect()
      slow.send(name(1, '~500~slow'))
      await expectRunning(slow)
      quick.send(name(1, 'quick'))
      await expectGreeting(quick, 1, 'quick')
      check(
        !slow.received.some(({ frame }) => frame.type === FrameType.GREETING),
        'expected the quick answer before the slow one',
      )
      await expectGreeting(slow, 1, '~500~slow')
    },
    delayed,
  ),
  must(
    'con.thread-death',
    'the death of a thread costs its own requests (pool) or connections (shard) only',
    'R-9.4-9 R-9.2-2',
    async (t) => {
      const isPool = t.target.features.has('pool')
      const other = await t.connect()
      if (isPool) other.send(name(1, '~busy400~other'))
      await (isPool ? expectRunning(other) : expectBarrier(other))
      const peer = await t.connect()
      peer.send(name(1, '~exit~x'))
      const frame = await peer.nextOrEnd('THREAD_LOST or the end of the connection')
      if (isPool) {
        check(typeof frame !== 'string', 'expected THREAD_LOST, got the end of the connection')
        checkRequestError(frame, 1, 'THREAD_LOST', 0)
        peer.send(name(2, 'after'))
        await expectGreeting(peer, 2, 'after')
        // It occupies a thread, so it is not in the one that died.
        await expectGreeting(other, 1, '~busy400~other')
      } else check(typeof frame === 'string', 'expected the connection to end with its thread')
      const healthy = await eventually(() => t.target.alive(), 0)
      check(healthy, 'expected the server to survive the death of a thread')
      const fresh = await t.connect()
      fresh.send(name(1, 'fresh'))
      await expectGreeting(fresh, 1, 'fresh')
    },
    {
      ownTarget: true,
      needs: [...delayed.needs, 'threads'],
      options: { ...delayed.options, threads: 2 },
    },
  ),
  must(
    'pipe.overloaded',
    'with a full queue a name gets OVERLOADED and is never executed; all others are greeted',
    'R-7.4-1 R-7.4-2 R-7.2-3',
    async (t) => {
      const peer = await t.connect()
      const names = new Map(Array.from({ length: 60 }, (_, index) => [index + 1, `~busy10~q${index}`]))
      peer.send(...[...names].map(([id, text]) => name(id, text)))
      const refused: string[] = []
      for (let left = 60; left > 0; left -= 1) {
        const frame = await peer.next(`${left} more answers`)
        if (frame.type === FrameType.ERROR) {
          checkRequestError(frame, frame.id, 'OVERLOADED')
          refused.push(names.get(frame.id)!)
        } else checkGreeting(frame, names.get(frame.id) ?? '')
      }
      const early = [0, 1, 2, 3].find((index) => refused.includes(`~busy10~q${index}`))
      check(early === undefined, `expected a queue of 4 to take the first four names, but it refused number ${early}`)
      const executed = new Set(t.executedNames())
      const wrong = refused.find((text) => executed.has(text))
      check(wrong === undefined, `expected names that got OVERLOADED not to be executed, but ${wrong} was`)
      check(
        refused.length + executed.size === 60,
        `expected 60 names to be refused or executed, got ${refused.length} and ${executed.size}`,
      )
      t.note(`${refused.length} of 60 names got OVERLOADED`)
    },
    {
      ownTarget: true,
      needs: ['process', 'conformance-greeter', 'execution-log'],
      options: { greeter: 'conformance', queueRequests: 4, threads: 1 },
    },
  ),
]
