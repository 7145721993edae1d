/** Connections that are reset: whom that disturbs, what it frees, and what it ends. */
import { check, Inconclusive } from '../../wire/failure.ts'
import { name } from '../../wire/frame.ts'
import { turn } from '../../wire/raw-peer.ts'
import type { ServerCase } from '../../run/server-bench.ts'
import { eventually } from '../../run/server-test.ts'
import { expectBarrier, expectRunning, expectGreeting, expectRequestError } from '../expect.ts'
import { delayed, must, nameFor, namesFor } from './define.ts'

export const resetCases: ServerCase[] = [
  must('cls.rst-idle', 'a reset on an idle connection disturbs nobody', 'R-13.2-1 R-9.2-2', async (t) => {
    const other = await t.connect()
    const peer = await t.connectWithHello()
    peer.reset()
    await expectBarrier(other)
  }),
  must('cls.rst-mid-frame', 'a reset inside a frame disturbs nobody', 'R-13.2-1 R-9.2-2', async (t) => {
    const other = await t.connect()
    const peer = await t.connect()
    peer.send(name(1, 'x').subarray(0, 5))
    await peer.flushed()
    peer.reset()
    await expectBarrier(other)
  }),
  must(
    'cls.rst-in-flight',
    'a reset while requests are in flight disturbs nobody',
    'R-13.2-1 R-9.2-2',
    async (t) => {
      const other = await t.connect()
      const peer = await t.connect()
      peer.send(name(1, '~200~x'), name(2, '~throw~x'), name(3, '~50~x'))
      await expectRequestError(peer, 2, 'GREETER_FAILED')
      peer.reset()
      other.send(name(1, '~250~other'))
      await expectGreeting(other, 1, '~250~other')
    },
    delayed,
  ),
  must(
    'cls.rst-successor',
    'what a reset connection asked for is answered on no other connection',
    'R-7.2-4 R-13.2-1',
    async (t) => {
      const other = await t.connect()
      const gone = await t.connectMany(4)
      for (const peer of gone) peer.send(name(1, '~300~gone'))
      for (const peer of gone) await expectRunning(peer)
      for (const peer of gone) peer.reset()
      await expectBarrier(other)
      // The system gives the descriptors of the connections that were reset to these.
      const fresh = await t.connectMany(8)
      const asking = fresh.filter((_, index) => index % 2 === 1)
      for (const peer of asking) peer.send(name(1, '~450~own'))
      for (const peer of asking) await expectGreeting(peer, 1, '~450~own')
      for (const peer of fresh) await expectBarrier(peer)
    },
    delayed,
  ),
  must(
    'cls.rst-unstarted',
    'requests that wait for a thread when their connection is reset are never executed',
    'R-13.2-1',
    async (t) => {
      const other = await t.connect()
      const peer = await t.connect()
      const begun = performance.now()
      peer.send(name(1, '~busy400~first'), ...[2, 3, 4].map((id) => name(id, `waiting${id}`)))
      await expectRunning(peer)
      peer.reset()
      await expectBarrier(other)
      if (performance.now() - begun > 300)
        throw new Inconclusive('the server saw the reset only when the thread may have been free')
      other.send(name(1, 'behind'))
      await expectGreeting(other, 1, 'behind')
      const executed = t.executedNames().filter((text) => text.startsWith('waiting'))
      check(executed.length === 0, () => `expected no waiting name to be executed, got ${executed.join(', ')}`)
    },
    {
      ownTarget: true,
      needs: ['process', 'conformance-greeter', 'execution-log', 'pool'],
      options: { greeter: 'conformance', threads: 1 },
    },
  ),
  must('cls.rst-while-writing', 'a reset while the server writes disturbs nobody', 'R-13.2-1 R-9.2-2', async (t) => {
    const other = await t.connect()
    for (let round = 0; round < 5; round += 1) {
      const peer = await t.connect()
      peer.pause()
      peer.send(...[...namesFor(t, 20_000)].map(([id, text]) => name(id, text)))
      await turn()
      peer.reset()
      await expectBarrier(other)
    }
  }),
  must(
    'cls.rst-descriptors',
    'after 200 resets the descriptors are back where they were',
    'R-13.2-2',
    async (t) => {
      await expectBarrier(await t.connect())
      const before = t.descriptors()
      for (let round = 0; round < 200; round += 1) {
        const peer = await t.connect()
        peer.send(name(1, nameFor(t, 1)))
        await expectGreeting(peer, 1, nameFor(t, 1))
        peer.reset()
      }
      await eventually(() => t.descriptors() <= before + 4, t.timing.reactionMs)
      check(t.descriptors() <= before + 4, `expected about ${before} descriptors, got ${t.descriptors()}`)
    },
    { needs: ['pid'] },
  ),
]
