/** Limits at their edges: what each side tells, and what happens one byte beyond. */
import { check, Unsupported } from '../../wire/failure.ts'
import { FrameType, hello, name } from '../../wire/frame.ts'
import { describeFrame } from '../../wire/frame-text.ts'
import type { ServerCase } from '../../run/server-bench.ts'
import type { ServerTest } from '../../run/server-test.ts'
import {
  checkGreeting,
  checkRequestError,
  collectTerminals,
  expectBarrier,
  expectFrame,
  expectGreeting,
  expectOnlyFatal,
  expectRequestError,
  expectWelcome,
} from '../expect.ts'
import { delayed, must, needName } from './define.ts'

export const limitCases: ServerCase[] = [
  must('lim.sane', 'each advertised limit is inside floor and cap', 'R-6.2-4 R-10-1', async (t) => {
    const peer = await t.connect()
    peer.send(hello())
    const { maxName, maxPayload, maxInFlight } = await expectWelcome(peer)
    check(maxPayload >= 4096 && maxPayload <= 65_535, `expected maxPayload from 4096 to 65535, got ${maxPayload}`)
    check(maxName >= 1 && maxName <= maxPayload, `expected maxName from 1 to ${maxPayload}, got ${maxName}`)
    check(maxInFlight >= 1, 'expected maxInFlight of at least 1, got 0')
  }),
  must('lim.same-told', 'every connection is told the same limits', 'R-10-3', async (t) => {
    for (let round = 0; round < 3; round += 1) {
      const peer = await t.connect()
      peer.send(hello())
      const told = await expectWelcome(peer)
      check(
        told.maxName === t.limits.maxName && told.maxPayload === t.limits.maxPayload,
        'expected the limits of the connection before',
      )
    }
  }),
  must(
    'lim.small',
    'a greeting above our maxPayload is GREETING_TOO_LONG with that limit',
    'R-6.4-3 R-9.4-7 R-9.4-1',
    async (t, how) => {
      const peer = how === 'without-hello' ? await t.connect() : await t.connectWithHello({ maxPayload: 4096 })
      peer.send(name(1, '~long4096~x'), name(2, '~long4097~x'), name(3, '~long60000~x'), name(4, 'Ada'))
      const answers = await collectTerminals(peer, [1, 2, 3, 4])
      const longest = answers.get(1)!
      check(
        longest.type === FrameType.GREETING && longest.payload.length === 4096,
        () => `expected a greeting of 4096 bytes, got ${describeFrame(longest)}`,
      )
      for (const id of [2, 3]) checkRequestError(answers.get(id)!, id, 'GREETING_TOO_LONG', 4096)
      checkGreeting(answers.get(4)!, 'Ada')
    },
    { ...delayed, variants: ['without-hello', 'with-hello'] },
  ),
  must(
    'lim.raised',
    'a client that allows more gets longer greetings, up to the byte',
    'R-6.4-3 R-9.4-7 R-6.1-12',
    async (t, limit) => {
      const inForce = Math.min(65_535, Number(limit))
      const peer = await t.connectWithHello({ maxPayload: Number(limit) })
      peer.send(name(1, `~long${inForce}~x`))
      const frame = await expectFrame(peer, FrameType.GREETING, 1)
      check(frame.payload.length === inForce, `expected a greeting of ${inForce} bytes, got ${frame.payload.length}`)
      peer.send(name(2, `~long${inForce + 1}~x`))
      await expectRequestError(peer, 2, 'GREETING_TOO_LONG', inForce)
      await expectBarrier(peer)
    },
    { ...delayed, variants: ['4097', '5000', '65535', '65536', '4294967295'] },
  ),
  must(
    'lim.below-floor',
    'a maxPayload below 4096 is fatal',
    'R-6.1-11',
    async (t, limit) => {
      const peer = await t.connect()
      peer.send(hello({ maxPayload: Number(limit) }))
      await expectOnlyFatal(peer, 'PROTOCOL_VIOLATION', 0)
    },
    { variants: ['0', '1', '255', '4095'] },
  ),
  must(
    'lim.huge',
    'a maxPayload above 65535 is taken as 65535',
    'R-6.1-12',
    async (t, limit) => {
      await expectBarrier(await t.connectWithHello({ maxPayload: Number(limit) }))
    },
    { variants: ['65535', '65536', '16777216', '2147483648', '4294967295'] },
  ),
  must(
    'lim.name-max',
    'a name of up to maxName bytes is greeted',
    'R-11-7 R-10-10',
    (t, less) => namesAround(t, -Number(less)),
    { variants: ['0', '1', '2'] },
  ),
  must(
    'lim.name-max+1',
    'a longer name is NAME_TOO_LONG with detail maxName, and the connection lives',
    'R-9.4-3 R-9.4-1 R-6.3-4',
    (t, more) => namesAround(t, Number(more)),
    {
      variants: ['1', '2', '100'],
    },
  ),
]

async function namesAround(t: ServerTest, offset: number): Promise<void> {
  const size = t.limits.maxName + offset
  needName(t, offset < 0 ? 1 - offset : 1)
  if (size > t.limits.maxPayload)
    throw new Unsupported(`needs a maxPayload of at least ${size}, the target has ${t.limits.maxPayload}`)
  const peer = await t.connectWithHello({ maxPayload: 65_535 })
  peer.send(name(1, 'n'.repeat(size)))
  if (offset > 0) await expectRequestError(peer, 1, 'NAME_TOO_LONG', t.limits.maxName)
  else if (size + 6 > 65_535) await expectRequestError(peer, 1, 'GREETING_TOO_LONG', 65_535)
  else await expectGreeting(peer, 1, 'n'.repeat(size))
  peer.send(name(2, 'x'))
  await expectGreeting(peer, 2, 'x')
  await expectBarrier(peer)
}
