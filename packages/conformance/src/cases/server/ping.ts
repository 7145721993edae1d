/** PING, PONG and the barrier they make. */
import { check } from '../../wire/failure.ts'
import { FrameType, name, ping } from '../../wire/frame.ts'
import { describeFrame } from '../../wire/frame-text.ts'
import type { ServerCase } from '../../run/server-bench.ts'
import { expectBarrier, expectGreeting, expectPong, expectRequestError } from '../expect.ts'
import { delayed, must, nameFor } from './define.ts'

const barrier = Buffer.concat([name(1, Buffer.from([0xff])), ping(9)])

export const pingCases: ServerCase[] = [
  must(
    'png.echo',
    'a PONG carries the id of its PING, whatever it is',
    'R-6.7-1 R-6.6-3 R-6.7-4',
    async (t, id) => {
      const peer = await t.connect()
      peer.send(ping(Number(id)))
      await expectPong(peer, Number(id))
    },
    { variants: ['0', '1', '255', '65536', '2147483648', '4294967295'] },
  ),
  must('png.repeat-id', 'PINGs may use an id again', 'R-6.6-3 R-6.7-1', async (t) => {
    const peer = await t.connect()
    peer.send(ping(5), ping(5), ping(5))
    for (let left = 3; left > 0; left -= 1) await expectPong(peer, 5)
    await expectBarrier(peer)
  }),
  must('png.order', 'PONGs keep the order of 1,000 PINGs with random ids', 'R-6.7-2 R-6.6-3', async (t) => {
    const peer = await t.connect()
    const ids = Array.from({ length: 1_000 }, () => t.random.uint32())
    peer.send(...ids.map((id) => ping(id)))
    for (const id of ids) await expectPong(peer, id)
  }),
  must('png.no-state', 'a PING id has nothing to do with the ids of NAMEs', 'R-6.6-4', async (t) => {
    const peer = await t.connect()
    peer.send(ping(0xffff_ffff), name(1, nameFor(t, 1)))
    await expectPong(peer, 0xffff_ffff)
    await expectGreeting(peer, 1, nameFor(t, 1))
  }),
  must(
    'png.overtakes',
    'a PONG comes before the greeting of a request that takes long',
    'R-6.7-3',
    async (t) => {
      const peer = await t.connect()
      peer.send(name(1, '~300~slow'), ping(1))
      await expectPong(peer, 1)
      await expectGreeting(peer, 1, '~300~slow')
    },
    delayed,
  ),
  must(
    'png.not-behind-greeters',
    'a PONG does not wait for any of the greeters in flight',
    'R-6.7-3 R-7.3-4',
    async (t) => {
      const peer = await t.connect()
      peer.send(...Array.from({ length: 20 }, (_, index) => name(index + 1, `~1500~n${index}`)), ping(7))
      const frame = await peer.next('PONG before every greeting')
      check(
        frame.type === FrameType.PONG && frame.id === 7,
        () => `expected PONG id=7 before every greeting, got ${describeFrame(frame)}`,
      )
    },
    delayed,
  ),
  must(
    'png.barrier',
    'the ERROR of a bad name comes before the PONG of a later PING, in every cut',
    'R-7.5-1',
    async (t, cut) => {
      const peer = await t.connect()
      await peer.sendCut(barrier, [Number(cut)])
      await expectRequestError(peer, 1, 'INVALID_NAME', 0)
      await expectPong(peer, 9)
    },
    { variants: Array.from({ length: barrier.length }, (_, index) => String(index)) },
  ),
  must('png.barrier-many', 'ERRORs and PONGs come in the order of what caused them', 'R-7.5-1 R-6.7-2', async (t) => {
    const peer = await t.connect()
    peer.send(...Array.from({ length: 100 }, (_, index) => Buffer.concat([name(index + 1, ''), ping(index)])))
    for (let index = 0; index < 100; index += 1) {
      await expectRequestError(peer, index + 1, 'INVALID_NAME', 0)
      await expectPong(peer, index)
    }
  }),
  must('png.before-fatal', 'a PONG that is due comes before the fatal ERROR', 'R-7.5-3', async (t) => {
    const peer = await t.connect()
    peer.send(ping(1), ping(2), name(0, 'x'))
    await expectPong(peer, 1)
    await expectPong(peer, 2)
    const frame = await peer.next('ERROR id=0')
    check(frame.type === FrameType.ERROR && frame.id === 0, () => `expected ERROR id=0, got ${describeFrame(frame)}`)
  }),
  must(
    'png.flood',
    '100,000 PINGs that nobody reads cost bounded memory, and all are answered',
    'R-13.4-1 R-13.4-2 R-6.6-3',
    async (t) => {
      const peer = await t.connect()
      const before = t.memory()
      peer.pause()
      const flood = Buffer.concat(Array.from({ length: 1_000 }, (_, index) => ping(index)))
      for (let round = 0; round < 100; round += 1) peer.send(flood)
      await expectBarrier(await t.connect())
      const grown = (t.memory() - before) / 2 ** 20
      peer.resume()
      for (let index = 0; index < 100_000; index += 1) await expectPong(peer, index % 1_000)
      check(grown < 64, `expected growth below 64 MiB, got ${grown.toFixed(0)} MiB`)
    },
    { needs: ['pid'] },
  ),
]
