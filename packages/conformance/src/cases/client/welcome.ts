/** WELCOMEs that a client must refuse, and those that it must not. */
import { check } from '../../wire/failure.ts'
import { Code, encodeFrame, error, FrameType, welcome } from '../../wire/frame.ts'
import type { ClientCase } from '../../run/client-bench.ts'
import type { ClientTest } from '../../run/client-test.ts'
import { expectClosed, expectViolation, must, waiting } from './define.ts'
import { begun, begunAny, expectConnected, hello, told } from './opening.ts'

export const clientWelcomeCases: ClientCase[] = [
  must(
    'c.ver.unsupported',
    'UNSUPPORTED_VERSION is a typed error, and requests were never executed',
    'R-4.4-1 R-9.7-2',
    async (t) => {
      const { peer, connecting } = await begun(t)
      const pending = t.greet('Ada')
      await t.adapterRoundTrip()
      peer.send(error(0, Code.UNSUPPORTED_VERSION, 'no', 0x0002_0003))
      peer.fin()
      const { outcome } = await t.settled(connecting, 'connect')
      const kinds = ['connection', 'connect', 'violation'] as const
      const ended = await t.expectError(pending, kinds, 'never')
      // A client that is connected before the WELCOME says why to the request.
      const failed = outcome === 'connected' ? ended : await t.expectError(connecting, kinds, undefined, 'connect')
      check(failed.code === Code.UNSUPPORTED_VERSION, `expected the code UNSUPPORTED_VERSION, got ${failed.code}`)
    },
    hello,
  ),
  must(
    'c.ver.unoffered',
    'a version that was not offered is a violation',
    'R-6.2-6 R-9.6-3',
    (t, version) => refusesWelcome(t, welcome({ version: Number(version) })),
    { ...hello, variants: ['0', '7777', '65535'] },
  ),
  must(
    'c.lim.insane',
    'limits that cannot be are a violation',
    'R-6.2-6 R-9.6-3',
    (t, kind) => refusesWelcome(t, insane[kind]!),
    {
      ...hello,
      variants: [
        'no-name',
        'name-above-payload',
        'payload-below-floor',
        'payload-zero',
        'payload-above-cap',
        'nothing-in-flight',
      ],
    },
  ),
  must(
    'c.welcome.malformed',
    'a WELCOME with an id, too short or too long is a violation',
    'R-6.2-6 R-9.6-1',
    (t, kind) => refusesWelcome(t, malformed[kind]!),
    { ...hello, variants: ['id', 'empty', 'short', 'long'] },
  ),
  must(
    'c.welcome.twice',
    'a second WELCOME is a violation',
    'R-4.4-1',
    async (t) => {
      const one = await waiting(t)
      one.peer.send(told)
      await expectViolation(t, one, 'a second WELCOME')
    },
    hello,
  ),
  must(
    'c.welcome.agent',
    'an agent that is not clean text is no violation',
    'R-11-9',
    async (t, hex) => {
      const { peer, connecting } = await begun(t)
      peer.send(welcome({ agent: Buffer.from(hex, 'hex') }))
      await expectConnected(t, connecting)
      await t.expectWorks(peer)
    },
    { ...hello, variants: ['ff', '1b5b324a', '00', 'c3', 'eda080'] },
  ),
  must(
    'c.goodbye-first',
    'a GOODBYE before anything is said ends the connection in order',
    'R-4.4-1 R-14-9',
    async (t) => {
      const { peer, connecting } = await begunAny(t)
      if (t.adapter.features.has('hello')) peer.send(told)
      peer.send(encodeFrame(FrameType.GOODBYE, 0, Buffer.from([0, 1])))
      peer.fin()
      await t.settled(connecting, 'connect')
      await t.expectError(t.greet('Ada'), ['connection', 'connect'], 'never')
    },
  ),
]

const insane: Record<string, Buffer> = {
  'no-name': welcome({ maxName: 0 }),
  'name-above-payload': welcome({ maxName: 5_000, maxPayload: 4_096 }),
  'payload-below-floor': welcome({ maxPayload: 4_095, maxName: 10 }),
  'payload-zero': welcome({ maxPayload: 0, maxName: 1 }),
  'payload-above-cap': welcome({ maxPayload: 65_536 }),
  'nothing-in-flight': welcome({ maxInFlight: 0 }),
}

const malformed: Record<string, Buffer> = {
  id: welcome({}, 1),
  empty: encodeFrame(FrameType.WELCOME, 0),
  short: encodeFrame(FrameType.WELCOME, 0, Buffer.alloc(15)),
  long: encodeFrame(FrameType.WELCOME, 0, Buffer.alloc(272, 1)),
}

async function refusesWelcome(t: ClientTest, bytes: Buffer): Promise<void> {
  const { peer, connecting } = await begun(t)
  peer.send(bytes)
  const outcome = await t.settled(connecting, 'connect')
  if (outcome.outcome === 'connected') await t.expectError(t.greet('Ada'), ['violation', 'connection'])
  else
    check(
      outcome.error?.kind === 'violation',
      () => `expected an error of kind violation, got ${JSON.stringify(outcome)}`,
    )
  await expectClosed(peer, 'a WELCOME that cannot be')
}
