/** How connections end: by FIN, by reset, and with everything written delivered first. */
import { check } from '../../wire/failure.ts'
import { encodeFrame, FrameType, name, ping } from '../../wire/frame.ts'
import type { ServerCase } from '../../run/server-bench.ts'
import { eventually, type ServerTest } from '../../run/server-test.ts'
import {
  checkGreeting,
  collectTerminals,
  expectBarrier,
  expectFatal,
  expectGreetings,
  expectOnlyFatal,
} from '../expect.ts'
import { delayed, few, must, namesFor, overfullNames } from './define.ts'
import { checkNotBefore, passes } from './time-checks.ts'

export const closingCases: ServerCase[] = [
  must('cls.fin-idle', 'FIN on an idle connection is answered with FIN', 'R-13.1-2 R-13.3-3', async (t) => {
    const peer = await t.connectWithHello()
    peer.fin()
    await peer.expectFin('our FIN')
  }),
  must(
    'cls.fin-after-n',
    'FIN behind names: all are answered, then FIN',
    'R-13.1-1 R-13.1-2 R-7.2-3',
    async (t, count) => {
      const peer = await t.connect()
      const names = namesFor(t, Number(count))
      peer.send(...[...names].map(([id, text]) => name(id, text)))
      peer.fin()
      await expectGreetings(peer, names)
      await peer.expectFin('the last answer')
    },
    { variants: ['1', '100', '20000'] },
  ),
  must(
    'cls.fin-same-segment',
    'FIN that comes with the last bytes takes effect behind them',
    'R-13.1-1',
    async (t, cut) => {
      const peer = await t.connect()
      await peer.sendCut(Buffer.concat([name(1, 'a'), ping(1)]), [Number(cut)])
      peer.fin()
      await collectTerminals(peer, [1], (frame) => frame.type === FrameType.PONG)
      await peer.expectEnd('the answers')
      check(peer.ended === 'fin' && peer.received.length === 2, 'expected one greeting, one PONG and FIN')
    },
    { variants: ['0', '4', '8', '9', '13'] },
  ),
  must(
    'cls.fin-slow',
    'FIN while requests are in flight: they are answered, then FIN',
    'R-13.1-2',
    async (t) => {
      const peer = await t.connect()
      peer.send(name(1, '~250~a'), name(2, '~100~b'))
      peer.fin()
      await expectGreetings(
        peer,
        new Map([
          [1, '~250~a'],
          [2, '~100~b'],
        ]),
      )
      await peer.expectFin('the answers')
    },
    delayed,
  ),
  must(
    'cls.fin-behind-stop',
    'FIN behind names that wait for a place takes effect behind them',
    'R-13.1-1 R-13.1-2 R-7.3-7',
    async (t) => {
      const peer = await t.connect()
      const names = new Map(Array.from({ length: 20 }, (_, index) => [index + 1, `~60~n${index}`]))
      peer.send(...[...names].map(([id, text]) => name(id, text)), ping(3))
      peer.fin()
      const answers = await collectTerminals(peer, names.keys(), (frame) => frame.type === FrameType.PONG)
      for (const [id, frame] of answers) checkGreeting(frame, names.get(id)!)
      await peer.expectEnd('the answers')
      check(
        peer.ended === 'fin' && peer.received.length === 21,
        `expected 20 greetings, one PONG and FIN, got ${peer.received.length} frames`,
      )
    },
    few,
  ),
  must(
    'cls.fin-cuts-stopped',
    'FIN inside the NAME in front of which the server stopped is a violation',
    'R-13.1-3 R-13.1-1',
    async (t) => {
      const peer = await t.connect()
      peer.send(...[1, 2, 3, 4].map((id) => name(id, `~100~n${id}`)), name(5, 'cut').subarray(0, 9))
      peer.fin()
      await collectTerminals(peer, [1, 2, 3, 4])
      await expectOnlyFatal(peer, 'PROTOCOL_VIOLATION', 0)
    },
    few,
  ),
  must(
    'cls.fin-descriptors',
    'after 200 connections that end in order the descriptors are back where they were',
    'R-13.1-2 R-13.2-2',
    async (t) => {
      await expectBarrier(await t.connect())
      const before = t.descriptors()
      for (let round = 0; round < 200; round += 1) {
        const peer = await t.connect()
        peer.fin()
        await peer.expectFin('our FIN')
      }
      await eventually(() => t.descriptors() <= before + 4, t.timing.reactionMs)
      check(t.descriptors() <= before + 4, `expected about ${before} descriptors, got ${t.descriptors()}`)
    },
    { needs: ['pid'] },
  ),
  must('cls.last-bytes', 'a slow reader gets everything to the last byte, then FIN', 'R-13.3-3 R-13.1-2', async (t) => {
    const peer = await t.connect()
    const names = overfullNames(t, 4_000)
    peer.pause()
    peer.send(...[...names].map(([id, text]) => name(id, text)))
    peer.fin()
    await expectBarrier(await t.connect())
    peer.resume()
    await expectGreetings(peer, names)
    await peer.expectFin('the last answer')
  }),
  must(
    'cls.linger',
    'after a fatal ERROR the connection is closed by the linger timer although we stay',
    'R-13.3-2 R-12-14 R-12-1',
    async (t) => {
      const before = await settledDescriptors(t)
      const peer = await t.connect()
      // The server's timer cannot begin before this, however late its ERROR is read here.
      const begun = performance.now()
      peer.send(encodeFrame(0x0a, 1))
      await expectOnlyFatal(peer, 'UNKNOWN_TYPE')
      const closed = await eventually(() => t.descriptors() <= before, 300 + t.timing.reactionMs, 10)
      check(closed, 'expected the connection to be closed after lingerTimeoutMs (300)')
      checkNotBefore(begun, 300, 'close')
    },
    { needs: ['pid'], options: { lingerTimeoutMs: 300 } },
  ),
  must(
    'cls.linger-not-prolonged',
    'bytes that we send do not prolong the lingering',
    'R-12-16 R-12-1',
    async (t) => {
      const peer = await t.connect()
      const begun = performance.now()
      peer.send(encodeFrame(0x0a, 1))
      await expectOnlyFatal(peer, 'UNKNOWN_TYPE')
      const deadline = performance.now() + 300 + t.timing.reactionMs
      // A byte that finds the connection closed is answered with a reset.
      while (peer.broken === undefined && performance.now() < deadline) {
        peer.send(Buffer.from([0]))
        await passes(50)
      }
      check(
        peer.broken !== undefined,
        'expected the connection to be closed after lingerTimeoutMs (300) although we go on sending',
      )
      checkNotBefore(begun, 300, 'close')
    },
    { needs: ['process'], options: { lingerTimeoutMs: 300 } },
  ),
  must(
    'cls.linger-fin',
    'our FIN, before or behind the fatal ERROR, closes the connection',
    'R-13.3-2 R-4.2-1',
    async (t, when) => {
      const before = await settledDescriptors(t)
      const peer = await t.connect()
      peer.send(name(1, '~150~slow'), encodeFrame(0x0a, 1))
      if (when === 'before') peer.fin()
      await expectFatal(peer, 'UNKNOWN_TYPE')
      if (when === 'after') peer.fin()
      check(
        await eventually(() => t.descriptors() <= before, t.timing.reactionMs),
        'expected the connection to be closed after our FIN',
      )
    },
    {
      needs: ['pid', 'conformance-greeter'],
      options: { greeter: 'conformance', lingerTimeoutMs: 60_000 },
      variants: ['before', 'after'],
    },
  ),
]

/** Open descriptors once connections that are still closing are gone. */
async function settledDescriptors(t: ServerTest): Promise<number> {
  await expectBarrier(await t.connect())
  let before = -1
  let same = 0
  await eventually(() => {
    const now = t.descriptors()
    same = now === before ? same + 1 : 0
    before = now
    return same >= 5
  }, t.timing.reactionMs)
  return before
}
