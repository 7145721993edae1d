/** Connections that end, by FIN, reset or GOODBYE: what that says about each request. */
import { goodbye, greeting } from '../../wire/frame.ts'
import type { ClientCase } from '../../run/client-bench.ts'
import { expectClosed, manyWaiting, must, should, waiting } from './define.ts'

export const clientEndCases: ClientCase[] = [
  must(
    'c.cls.fin-inflight',
    'FIN with requests unanswered: each fails as possibly executed',
    'R-9.6-5 R-4.4-1',
    async (t) => {
      const { peer, pending, ids } = await manyWaiting(t, 5)
      peer.send(greeting(ids[4]!, 'Hello n4'))
      peer.fin()
      await t.expectGreeting(pending[4]!, 'Hello n4')
      for (const one of pending.slice(0, 4)) await t.expectError(one, ['connection'], 'maybe')
      await expectClosed(peer, 'FIN')
    },
  ),
  must(
    'c.cls.rst-inflight',
    'a reset with requests unanswered: each fails as possibly executed',
    'R-9.6-5 R-4.4-1',
    async (t) => {
      const { peer, pending } = await manyWaiting(t, 5)
      peer.reset()
      for (const one of pending) await t.expectError(one, ['connection'], 'maybe')
    },
  ),
  must(
    'c.cls.fin-mid-frame',
    'FIN inside a frame is treated as FIN',
    'R-4.4-1 R-9.6-5',
    async (t, cut) => {
      const { peer, pending, id } = await waiting(t)
      peer.send(greeting(id, 'Hello Ada').subarray(0, Number(cut)))
      peer.fin()
      await t.expectError(pending, ['connection'], 'maybe')
    },
    { variants: ['1', '4', '7', '8', '9', '16'] },
  ),
  must('c.cls.fin-unread', 'answers that come with FIN are still taken', 'R-9.6-5 R-4.4-1', async (t) => {
    const { peer, pending, ids } = await manyWaiting(t, 100)
    peer.send(...ids.map((id, index) => greeting(id, `Hello n${index} ${'x'.repeat(2_000)}`)))
    peer.fin()
    for (const [index, one] of pending.entries()) await t.expectGreeting(one, `Hello n${index} ${'x'.repeat(2_000)}`)
  }),
  should('c.cls.closes', 'after the server’s FIN the client closes without delay', 'R-13.5-4', async (t) => {
    const peer = await t.open()
    await t.expectWorks(peer)
    peer.fin()
    await expectClosed(peer, 'FIN')
  }),
  must(
    'c.gb.last-id',
    'requests above a GOODBYE’s id were never executed; those up to it are awaited',
    'R-14-10 R-14-11 R-4.4-1',
    async (t) => {
      const { peer, pending, ids } = await manyWaiting(t, 4)
      peer.send(goodbye(ids[1]!))
      for (const one of pending.slice(2)) await t.expectError(one, ['connection'], 'never')
      peer.send(greeting(ids[1]!, 'Hello n1'), greeting(ids[0]!, 'Hello n0'))
      await t.expectGreeting(pending[0]!, 'Hello n0')
      await t.expectGreeting(pending[1]!, 'Hello n1')
      peer.fin()
    },
  ),
  must('c.gb.no-new', 'after a GOODBYE no new NAME is sent on the connection', 'R-14-9', async (t) => {
    const { peer, pending, id } = await waiting(t)
    peer.send(goodbye(id))
    peer.send(greeting(id, 'Hello Ada'))
    await t.expectGreeting(pending, 'Hello Ada')
    await t.expectError(t.greet('Eve'), ['connection', 'connect', 'usage'], 'never')
    peer.fin()
    await expectClosed(peer, 'GOODBYE')
  }),
  must(
    'c.gb.in-order',
    'a bare FIN after a GOODBYE leaves covered requests as possibly executed',
    'R-4.4-1 R-14-11',
    async (t) => {
      const { peer, pending, id } = await waiting(t)
      peer.send(goodbye(id))
      peer.fin()
      await t.expectError(pending, ['connection'], 'maybe')
    },
  ),
  must(
    'c.gb.unknown-reason',
    'a GOODBYE with an unknown reason is a GOODBYE',
    'R-6.9-5',
    async (t, reason) => {
      const { peer, pending, id } = await waiting(t)
      peer.send(goodbye(id, Number(reason), Buffer.from('ff1b', 'hex')), greeting(id, 'Hello Ada'))
      await t.expectGreeting(pending, 'Hello Ada')
    },
    { variants: ['0x0004', '0x7fff', '0x8001', '0xffff'] },
  ),
  should('c.gb.closes', 'after a GOODBYE the client closes once nothing is unanswered', 'R-14-12', async (t) => {
    const { peer, pending, id } = await waiting(t)
    peer.send(goodbye(id), greeting(id, 'Hello Ada'))
    await t.expectGreeting(pending, 'Hello Ada')
    await expectClosed(peer, 'GOODBYE')
  }),
]
