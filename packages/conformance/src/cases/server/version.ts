/** Choosing a version, and the limits that HELLO and WELCOME tell. */
import { check } from '../../wire/failure.ts'
import { hello } from '../../wire/frame.ts'
import type { ServerCase } from '../../run/server-bench.ts'
import type { ServerTest } from '../../run/server-test.ts'
import { expectBarrier, expectOnlyFatal, expectWelcome } from '../expect.ts'
import { must } from './define.ts'

export const versionCases: ServerCase[] = [
  must('ver.common', 'the highest common version is chosen', 'R-15.1-1 R-6.2-3', answersVersionOne, {
    variants: ['1-1', '1-2', '1-3', '1-255', '1-256'],
  }),
  must('ver.wide', 'a client that offers 1 to 65535 gets version 1', 'R-15.1-1 R-6.2-3', answersVersionOne, {
    variants: ['1-65535'],
  }),
  must(
    'ver.too-new',
    'a range above ours is UNSUPPORTED_VERSION with our range in detail, then FIN',
    'R-6.1-10 R-15.1-2 R-9.3-7',
    async (t, range) => {
      const peer = await t.connect()
      peer.send(hello(versions(range)))
      await expectOnlyFatal(peer, 'UNSUPPORTED_VERSION', 0x0001_0001)
    },
    { variants: ['2-2', '2-3', '2-65535', '256-256', '65535-65535'] },
  ),
  must(
    'ver.too-old',
    'below version 1 there is only version 0, which is a violation and not an old version',
    'R-6.1-9',
    isViolation,
    { variants: ['0-0'] },
  ),
  must('ver.zero', 'a minVersion of 0 is fatal, also when version 1 is in the range', 'R-6.1-9', isViolation, {
    variants: ['0-1', '0-2', '0-65535'],
  }),
  must('ver.inverted', 'a minVersion above maxVersion is fatal', 'R-6.1-9', isViolation, {
    variants: ['2-1', '1-0', '65535-1', '3-2'],
  }),
  must(
    'ver.first',
    'versions are judged before everything behind them in the HELLO',
    'R-6.1-10 R-5.3-7',
    async (t, fault) => {
      const peer = await t.connect()
      peer.send(hello({ minVersion: 2, maxVersion: 9, ...faults[fault as keyof typeof faults] }))
      await expectOnlyFatal(peer, 'UNSUPPORTED_VERSION', 0x0001_0001)
    },
    { variants: ['limit', 'agent', 'both'] },
  ),
  must(
    'ver.insane-first',
    'version 0 is a violation also when the limit is wrong too',
    'R-6.1-9 R-5.3-7',
    async (t) => {
      const peer = await t.connect()
      peer.send(hello({ minVersion: 0, maxVersion: 0, maxPayload: 0 }))
      await expectOnlyFatal(peer, 'PROTOCOL_VIOLATION', 0)
    },
  ),
]

const faults = {
  limit: { maxPayload: 0 },
  agent: { agent: Buffer.from([0xff]) },
  both: { maxPayload: 1, agent: Buffer.from([0x00]) },
}

function versions(range: string): { minVersion: number; maxVersion: number } {
  const [minVersion, maxVersion] = range.split('-').map(Number) as [number, number]
  return { minVersion, maxVersion }
}

async function answersVersionOne(t: ServerTest, range: string): Promise<void> {
  const peer = await t.connect()
  peer.send(hello(versions(range)))
  const { version } = await expectWelcome(peer)
  check(version === 1, `expected version 1, got ${version}`)
  await expectBarrier(peer)
}

async function isViolation(t: ServerTest, range: string): Promise<void> {
  const peer = await t.connect()
  peer.send(hello(versions(range)))
  await expectOnlyFatal(peer, 'PROTOCOL_VIOLATION', 0)
}
