/** The life of a client: backpressure, closing, and its process. */
import { check } from '../../wire/failure.ts'
import { greeting } from '../../wire/frame.ts'
import { ClientAdapter } from '../../target/client-adapter.ts'
import type { ClientCase } from '../../run/client-bench.ts'
import type { ClientTest } from '../../run/client-test.ts'
import { OVERFULL_BYTES } from '../buffers.ts'
import { expectClosed, manyWaiting, must, should, waiting } from './define.ts'

export const clientLifetimeCases: ClientCase[] = [
  must(
    'c.bp.reads-while-writing',
    'the client reads while it writes: 2,000 requests with large answers',
    'R-13.5-2 R-9.6-5',
    async (t) => {
      const peer = await t.open()
      const text = 'r'.repeat(1_000)
      const pending = Array.from({ length: 2_000 }, () => t.greet(text))
      for (let left = 2_000; left > 0; left -= 1) peer.send(greeting((await t.nextName(peer)).id, `Hello ${text}`))
      for (const one of pending) await t.expectGreeting(one, `Hello ${text}`)
    },
  ),
  must('c.bp.server-stops', 'a server that does not read for a while loses nothing', 'R-13.5-2 R-9.6-5', async (t) => {
    const peer = await t.open()
    const text = 's'.repeat(1_000)
    peer.pause()
    const pending = Array.from({ length: 2_000 }, () => t.greet(text))
    await Promise.race([pending[0]!.outcome, new Promise((resolve) => setTimeout(resolve, 100))])
    peer.resume()
    for (let left = 2_000; left > 0; left -= 1) peer.send(greeting((await t.nextName(peer)).id, 'x'))
    for (const one of pending) await t.expectGreeting(one, 'x')
  }),
  must(
    'c.bp.reads-while-blocked',
    'the client reads also while a server that does not read keeps it from writing',
    'R-13.5-2',
    async (t) => {
      const peer = await t.open({}, { maxName: 4_000, maxInFlight: 10_000 })
      const first = t.greet('first', { timeoutMs: 60_000 })
      const { id } = await t.nextName(peer)
      peer.pause()
      const count = Math.ceil(OVERFULL_BYTES / 4_000)
      const pending = Array.from({ length: count }, () => t.greet('w'.repeat(4_000), { timeoutMs: 60_000 }))
      await t.adapterRoundTrip()
      peer.send(greeting(id, 'Hello first'))
      await t.expectGreeting(first, 'Hello first')
      peer.resume()
      for (const _ of pending) peer.send(greeting((await t.nextName(peer)).id, 'x'))
      for (const one of pending) await t.expectGreeting(one, 'x')
    },
    { needs: ['hello'] },
  ),
  must('c.bp.trickle', 'answers that come in small pieces are all taken', 'R-5.3-6', async (t) => {
    const { peer, pending, ids } = await manyWaiting(t, 20)
    const all = Buffer.concat(ids.map((id, index) => greeting(id, `Hello n${index}`)))
    await peer.sendCut(
      all,
      Array.from({ length: all.length >> 1 }, (_, index) => index * 2 + 1),
    )
    for (const [index, one] of pending.entries()) await t.expectGreeting(one, `Hello n${index}`)
  }),
  must('c.close.idle', 'close ends an idle connection in order', 'R-13.5-3', async (t) => {
    const peer = await t.open()
    await t.expectWorks(peer)
    const closing = t.close()
    check((await expectClosed(peer, 'close')).length === 0, 'expected no frame after close')
    peer.fin()
    await expectSettledClose(t, closing)
  }),
  must('c.close.outstanding', 'close settles every request that is outstanding', 'R-9.6-5', async (t) => {
    const { peer, pending, ids } = await manyWaiting(t, 3)
    const closing = t.close()
    peer.send(...ids.map((id, index) => greeting(id, `Hello n${index}`)))
    for (const one of pending) {
      const outcome = await t.settled(one, 'greet')
      check(outcome.outcome === 'greeting' || outcome.outcome === 'error', 'expected the request to settle')
    }
    await peer.expectEnd('close')
    peer.fin()
    await expectSettledClose(t, closing)
  }),
  should('c.close.waits', 'close waits for the last answer before it sends FIN', 'R-13.5-1', async (t) => {
    const { peer, pending, id } = await waiting(t)
    const closing = t.close()
    await t.adapterRoundTrip()
    await t.adapterRoundTrip()
    check(peer.ended === undefined, 'expected no FIN before the last answer')
    peer.send(greeting(id, 'Hello Ada'))
    await t.expectGreeting(pending, 'Hello Ada')
    await peer.expectEnd('the last answer')
    peer.fin()
    await expectSettledClose(t, closing)
  }),
  must('c.close.twice', 'a second close settles too', 'R-9.6-5', async (t) => {
    const peer = await t.open()
    const closing = [t.close(), t.close()]
    await peer.expectEnd('close')
    peer.fin()
    for (const one of closing) await t.settled(one, 'close')
  }),
  must('c.close.greet-after', 'a greet after close is an error, and nothing is sent', 'R-9.6-5 R-8.1-9', async (t) => {
    const peer = await t.open()
    const closing = t.close()
    await t.expectError(t.greet('late'), ['usage', 'connection', 'cancelled'], 'never')
    await expectClosed(peer, 'close')
    peer.fin()
    await expectSettledClose(t, closing)
  }),
  must('c.close.whole-frames', 'the client never ends its side inside a frame', 'R-13.5-3', async (t) => {
    const { peer, pending, ids } = await manyWaiting(t, 50)
    const closing = t.close()
    peer.send(...ids.map((id) => greeting(id, 'x')))
    for (const one of pending) await t.settled(one, 'greet')
    await peer.expectEnd('close')
    check(peer.reader.pendingBytes === 0, 'expected FIN at a frame boundary')
    peer.fin()
    await t.settled(closing, 'close')
  }),
  must('c.proc.exit', 'nothing keeps the process alive when it is told to end', 'R-9.6-5', async (t) => {
    const peer = await t.open()
    await t.expectWorks(peer)
    const closing = t.close()
    await peer.expectEnd('close')
    peer.fin()
    await t.settled(closing, 'close')
    const other = await ClientAdapter.start(t.adapter.child.command, t.adapter.startMs)
    other.child.endInput()
    const limit = new Promise<'late'>((resolve) => setTimeout(() => resolve('late'), t.reactionMs).unref())
    const exit = await Promise.race([other.child.exited, limit])
    await other.child.kill()
    check(exit !== 'late' && exit.code === 0, 'expected the adapter to exit with 0 when its stdin ends')
  }),
]

async function expectSettledClose(t: ClientTest, closing: ReturnType<ClientTest['close']>): Promise<void> {
  const outcome = await t.settled(closing, 'close')
  check(outcome.outcome === 'closed', () => `expected closed, got ${JSON.stringify(outcome)}`)
}
