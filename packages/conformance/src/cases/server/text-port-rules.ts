/** The plain text port beyond single lines: order, limits, the guard against HTTP and TLS, timers. */
import { check } from '../../wire/failure.ts'
import { Reason } from '../../wire/frame.ts'
import { turn } from '../../wire/raw-peer.ts'
import type { ServerCase } from '../../run/server-bench.ts'
import { eventually, type ServerTest } from '../../run/server-test.ts'
import { expectBarrier } from '../expect.ts'
import { must, needName } from './define.ts'
import { expectGoodbye, stop } from './stopping.ts'
import { port, replies, repliesThenFin } from './text-port.ts'
import { checkNotBefore, passes } from './time-checks.ts'

const delayed = {
  needs: ['process', 'text', 'conformance-greeter'],
  options: { text: true, greeter: 'conformance', maxInFlight: 4 },
} as const

const late = {
  needs: ['process', 'text', 'conformance-greeter'],
  options: { text: true, greeter: 'conformance', frameTimeoutMs: 400 },
} as const

export const textPortRuleCases: ServerCase[] = [
  must(
    'txt.pipelined',
    '1,000 lines in one segment are answered in order',
    'R-A.2-3 R-A.3-2',
    async (t) => {
      needName(t, 5)
      const names = Array.from({ length: 1_000 }, (_, index) => `n${index}`)
      await repliesThenFin(
        t,
        `${names.join('\n')}\n`,
        names.map((name) => `Hello ${name}`),
      )
    },
    port,
  ),
  must(
    'txt.order',
    'replies keep the order of lines although a later one is ready first',
    'R-A.2-3',
    (t) =>
      replies(t, '~300~slow\nquick\n\u0007\n~50~b\n', [
        'Hello ~300~slow',
        'Hello quick',
        /^! INVALID_NAME /,
        'Hello ~50~b',
      ]),
    delayed,
  ),
  must(
    'txt.greeter-failed',
    'a greeter that throws is an error line',
    'R-A.2-2 R-A.2-5',
    (t) => replies(t, '~throw~x\nAda\n', [/^! GREETER_FAILED /, 'Hello Ada']),
    delayed,
  ),
  must(
    'txt.limit',
    'more lines than maxInFlight are all answered',
    'R-A.3-1 R-A.3-2',
    (t) =>
      repliesThenFin(
        t,
        Array.from({ length: 12 }, (_, index) => `~40~${index}\n`).join(''),
        Array.from({ length: 12 }, (_, index) => `Hello ~40~${index}`),
      ),
    delayed,
  ),
  must(
    'txt.limit-held',
    'no more than maxInFlight lines are executed at a time',
    'R-A.3-1 R-A.3-2',
    async (t) => {
      const text = await t.connectText()
      const held = [1, 2, 3, 4].map((index) => `~600~held${index}`)
      text.send(...held.map((line) => `${line}\n`), 'fifth\n')
      await eventually(() => t.executedNames().length >= 4, 500, 5)
      await expectBarrier(await t.connect())
      // What is answered when the fifth line is seen to run has had a turn to arrive.
      const begun = t.executedNames().includes('fifth')
      await turn()
      check(!begun || text.peer.bytesReceived > 0, 'expected the fifth line to wait for a place')
      for (const line of held) await text.expectLine(`Hello ${line}`)
      await text.expectLine('Hello fifth')
    },
    { ...delayed, needs: [...delayed.needs, 'execution-log'], timed: true },
  ),
  must(
    'txt.greeting-too-long',
    'a greeting above 4,096 bytes is an error line',
    'R-A.3-1',
    (t) => replies(t, '~long4096~x\n~long4097~x\n', ['x'.repeat(4096), /^! GREETING_TOO_LONG /]),
    delayed,
  ),
  must(
    'txt.http',
    'an HTTP request line gets the guard’s line and FIN, and is not greeted',
    'R-A.4-1 R-A.4-2 R-A.2-5',
    (t, line) => guarded(t, Buffer.from(`${line}\r\nHost: canary\r\n\r\n`), []),
    {
      ...port,
      variants: [
        'GET / HTTP/1.1',
        'POST /x HTTP/1.1',
        'OPTIONS * HTTP/1.1',
        'CONNECT canary:443 HTTP/1.1',
        'PUT /',
        'DELETE /canary',
        'PRI * HTTP/2.0',
      ],
    },
  ),
  must(
    'txt.http-split',
    'the guard sees an HTTP request line however it is cut',
    'R-A.4-1',
    (t, cut) => guarded(t, Buffer.from('GET /canary'), [Number(cut)]),
    { ...port, variants: ['1', '2', '3', '4', '5', '8'] },
  ),
  must(
    'txt.http-after-empty',
    'empty lines in front do not disarm the guard',
    'R-A.4-1',
    (t) => guarded(t, Buffer.from('\r\n\nGET /canary'), []),
    port,
  ),
  must(
    'txt.tls',
    'a first byte 0x16 gets the guard’s line and FIN at once',
    'R-A.4-1 R-A.4-2',
    (t) => guarded(t, Buffer.from([0x16]), []),
    port,
  ),
  must(
    'txt.guard-first-only',
    'the guard judges the first line only',
    'R-A.4-3',
    (t) => replies(t, 'Ada\nGET /x\n', ['Hello Ada', 'Hello GET /x']),
    port,
  ),
  must(
    'txt.guard-exact',
    'what only looks like HTTP is a name',
    'R-A.4-1 R-A.4-3',
    (t, line) => replies(t, `${line}\n`, [`Hello ${line}`]),
    { ...port, variants: ['GE /x', 'ABCDEFGH /x', 'GET x', 'get /x', 'Get /x', 'GET', 'CONNECTOR'] },
  ),
  must(
    'txt.timeout',
    'a line that is not ended in time is an error line and FIN',
    'R-A.3-3 R-A.3-6 R-12-1',
    async (t) => {
      const text = await t.connectText()
      const begun = performance.now()
      text.send('Ada')
      await text.expectErrorLine('TIMEOUT')
      checkNotBefore(begun, 400, 'TIMEOUT')
      await text.expectFin()
    },
    late,
  ),
  must(
    'txt.timeout-behind',
    'the error line of a line that is late comes behind the replies that are due',
    'R-A.3-6 R-A.2-3',
    async (t) => {
      const text = await t.connectText()
      text.send('~700~slow\nAda')
      await text.expectLine('Hello ~700~slow')
      await text.expectErrorLine('TIMEOUT')
      await text.expectFin()
    },
    late,
  ),
  must(
    'txt.drain',
    'a server that drains answers the lines it has taken, discards later ones, and says nothing else',
    'R-A.3-5',
    async (t) => {
      const text = await t.connectText()
      text.send('~900~slow\n')
      const peer = await t.connect()
      await expectBarrier(peer)
      await eventually(() => t.executedNames().length > 0, t.timing.reactionMs, 5)
      stop(t)
      await expectGoodbye(peer, 0, Reason.SHUTTING_DOWN)
      // Another thread may have the text connection and hear of the shutdown a little later.
      await passes(250)
      text.send('late\n')
      await text.expectLine('Hello ~900~slow')
      await text.expectFin()
    },
    { ...delayed, needs: [...delayed.needs, 'execution-log'], ownTarget: true, timed: true },
  ),
  must(
    'txt.idle',
    'an idle connection is ended with FIN and no byte',
    'R-A.3-3 R-A.3-5',
    async (t) => {
      const text = await t.connectText()
      await text.expectFin()
    },
    { needs: ['process', 'text'], options: { text: true, idleTimeoutMs: 400 } },
  ),
  must(
    'txt.rst',
    'a reset disturbs nobody',
    'R-9.2-2',
    async (t) => {
      const text = await t.connectText()
      text.send('Ada\nBo')
      text.peer.reset()
      await replies(t, 'Ada\n', ['Hello Ada'])
    },
    port,
  ),
]

async function guarded(t: ServerTest, bytes: Buffer, cuts: readonly number[]): Promise<void> {
  const text = await t.connectText()
  await text.peer.sendCut(bytes, cuts)
  await text.expectLine('! PROTOCOL_VIOLATION not an HTTP or TLS port')
  await text.expectFin()
}
