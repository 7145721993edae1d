/** Request ids: rising, with gaps, up to the last one. */
import { check } from '../../wire/failure.ts'
import { FrameType, name } from '../../wire/frame.ts'
import type { ServerCase } from '../../run/server-bench.ts'
import { expectBarrier, expectFatal, expectGreeting, expectGreetings, expectOnlyFatal } from '../expect.ts'
import { must, nameFor } from './define.ts'

export const idCases: ServerCase[] = [
  must('id.zero', 'a NAME with id 0 is fatal', 'R-6.3-3', async (t) => {
    const peer = await t.connect()
    peer.send(name(0, nameFor(t, 1)))
    await expectOnlyFatal(peer, 'PROTOCOL_VIOLATION', 0)
  }),
  must('id.zero-later', 'a NAME with id 0 is fatal on a connection that works', 'R-6.3-3', (t) =>
    secondIdIsFatal(t, 5, 0),
  ),
  must(
    'id.repeat',
    'a NAME whose id was used is fatal',
    'R-6.3-3',
    (t, id) => secondIdIsFatal(t, Number(id), Number(id)),
    { variants: ['1', '2', '65536', '2147483648', '4294967295'] },
  ),
  must(
    'id.decreasing',
    'a NAME whose id is below the last one is fatal',
    'R-6.3-3',
    (t, ids) => secondIdIsFatal(t, Number(ids.split('-')[0]), Number(ids.split('-')[1])),
    {
      variants: ['2-1', '100-99', '65536-1', '2147483648-2147483647', '4294967295-1', '4294967295-4294967294'],
    },
  ),
  must('id.repeat-of-refused', 'an id whose NAME was refused is used up', 'R-6.3-3 R-7.2-2', async (t) => {
    const peer = await t.connect()
    peer.send(name(1, ''), name(1, nameFor(t, 1)))
    const { before } = await expectFatal(peer, 'PROTOCOL_VIOLATION', 0)
    check(before.length === 1, 'expected the ERROR of the request, then the ERROR of the connection')
  }),
  must('id.gaps', 'ids may leave gaps of any size', 'R-7.1-1', async (t) =>
    greetsIds(t, [1, 3, 4, 100, 255, 256, 65_535, 65_536, 16_777_216, 0x7fff_ffff, 0x8000_0000, 0xffff_fffe]),
  ),
  must('id.any-start', 'the first id may be any but 0', 'R-7.1-1', (t, id) => greetsIds(t, [Number(id)]), {
    variants: ['1', '2', '255', '256', '65535', '65536', '16777215', '2147483647', '2147483648', '4294967295'],
  }),
  must('id.echo', 'all 32 bits of an id come back', 'R-6.4-1 R-7.1-1 R-5.1-2', (t, id) => greetsIds(t, [Number(id)]), {
    variants: ['0x01020304', '0x80000000', '0xffffffff', '0x00010000', '0x0000ff00', '0xdeadbeef'],
  }),
  must('id.echo-error', 'an ERROR carries all 32 bits of its request’s id', 'R-6.5-1', async (t) => {
    const peer = await t.connect()
    peer.send(name(0x8102_0304, ''))
    const frame = await peer.next('ERROR')
    check(
      frame.type === FrameType.ERROR && frame.id === 0x8102_0304,
      `expected ERROR id=2164392708, got id=${frame.id}`,
    )
  }),
  must('id.exhausted', 'after the last id every NAME is fatal', 'R-7.1-1 R-6.3-3', async (t) => {
    await greetsIds(t, [0xffff_fffd, 0xffff_fffe, 0xffff_ffff])
    await secondIdIsFatal(t, 0xffff_ffff, 1)
  }),
]

type Test = Parameters<ServerCase['run']>[0]

async function secondIdIsFatal(t: Test, first: number, second: number): Promise<void> {
  const peer = await t.connect()
  peer.send(name(first, nameFor(t, 1)))
  await expectGreeting(peer, first, nameFor(t, 1))
  peer.send(name(second, nameFor(t, 2)))
  await expectOnlyFatal(peer, 'PROTOCOL_VIOLATION', 0)
}

async function greetsIds(t: Test, ids: readonly number[]): Promise<void> {
  const peer = await t.connect()
  const names = new Map(ids.map((id, index) => [id, nameFor(t, index)]))
  peer.send(...[...names].map(([id, text]) => name(id, text)))
  await expectGreetings(peer, names)
  await expectBarrier(peer)
}
