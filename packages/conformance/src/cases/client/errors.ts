/** Errors and ends: what they say about each request, and that every request settles. */
import { check } from '../../wire/failure.ts'
import { Code, encodeFrame, error, FrameType, greeting, type CodeName } from '../../wire/frame.ts'
import type { ClientCase } from '../../run/client-bench.ts'
import { expectClosed, expectViolation, manyWaiting, must, waiting } from './define.ts'

const requestCodes: Partial<Record<CodeName, 'never' | 'maybe'>> = {
  INVALID_NAME: 'never',
  NAME_TOO_LONG: 'never',
  GREETER_FAILED: 'never',
  GREETER_TIMEOUT: 'never',
  GREETING_TOO_LONG: 'never',
  CANCELLED: 'never',
  OVERLOADED: 'never',
  THREAD_LOST: 'maybe',
}

const fatalCodes: CodeName[] = [
  'PROTOCOL_VIOLATION',
  'UNSUPPORTED_VERSION',
  'PAYLOAD_TOO_LARGE',
  'UNKNOWN_TYPE',
  'TIMEOUT',
  'SERVER_FULL',
  'INTERNAL',
]

export const clientErrorCases: ClientCase[] = [
  must(
    'c.err.request',
    'a request error settles its request with its code; the connection goes on',
    'R-4.4-1 R-9.5-1',
    async (t, code) => {
      const { peer, pending, id } = await waiting(t)
      peer.send(error(id, Code[code as CodeName], 'no', 5))
      const failed = await t.expectError(pending, ['request', 'cancelled', 'timeout'])
      check(
        failed.code === Code[code as CodeName] || failed.kind !== 'request',
        `expected code ${Code[code as CodeName]}, got ${failed.code}`,
      )
      if (code === 'THREAD_LOST')
        check(failed.executed === 'maybe', 'expected THREAD_LOST to say that the request may have been executed')
      if (code === 'OVERLOADED')
        check(failed.executed === 'never', 'expected OVERLOADED to say that the request was never executed')
      await t.expectWorks(peer)
    },
    { variants: Object.keys(requestCodes) },
  ),
  must(
    'c.err.fatal',
    'ERROR with id 0 settles every request: never executed, unless INTERNAL',
    'R-4.4-1 R-9.6-5',
    async (t, code) => {
      const { peer, pending, ids } = await manyWaiting(t, 3)
      peer.send(greeting(ids[1]!, 'Hello n1'), error(0, Code[code as CodeName], 'fatal', 0))
      peer.fin()
      await t.expectGreeting(pending[1]!, 'Hello n1')
      for (const index of [0, 2]) {
        const failed = await t.expectError(pending[index]!, ['connection'], code === 'INTERNAL' ? 'maybe' : 'never')
        check(failed.code === Code[code as CodeName], `expected code ${Code[code as CodeName]}, got ${failed.code}`)
      }
      await expectClosed(peer, 'a fatal ERROR')
    },
    { variants: fatalCodes },
  ),
  must(
    'c.err.unknown-code',
    'a code that the client does not know is treated by its range',
    'R-9.5-1',
    async (t, variant) => {
      const [scope, hex, executed] = variant.split('-') as ['request' | 'fatal', string, 'never' | 'maybe']
      const { peer, pending, id } = await waiting(t)
      peer.send(error(scope === 'fatal' ? 0 : id, Number(hex), 'new'))
      if (scope === 'fatal') peer.fin()
      const failed = await t.expectError(pending, [scope === 'fatal' ? 'connection' : 'request'])
      check(failed.code === Number(hex), `expected code ${hex}, got ${failed.code}`)
      // Class 0x01 does not say whether the greeter ran, with or without the private bit.
      const mustSay = scope === 'fatal' || (Number(hex) & 0x7fff) >= 0x0200
      check(!mustSay || failed.executed === executed, `expected "executed":"${executed}", got ${failed.executed}`)
    },
    {
      variants: [
        'request-0x01ff-never',
        'request-0x0210-never',
        'request-0x0310-maybe',
        'request-0x0410-maybe',
        'request-0x7fff-maybe',
        'request-0x8101-never',
        'request-0x8201-never',
        'request-0x8301-maybe',
        'fatal-0x0040-never',
        'fatal-0x00a0-never',
        'fatal-0x8001-never',
      ],
    },
  ),
  must(
    'c.err.class',
    'a code of the other class is a violation',
    'R-6.5-6',
    async (t, variant) => {
      const one = await waiting(t)
      one.peer.send(
        variant === 'fatal-code-on-request' ? error(one.id, Code.PROTOCOL_VIOLATION) : error(0, Code.INVALID_NAME),
      )
      await expectViolation(t, one, 'a code that does not fit its id')
    },
    { variants: ['fatal-code-on-request', 'request-code-on-connection'] },
  ),
  must(
    'c.err.malformed',
    'an ERROR that is too short or too long is a violation',
    'R-6.5-6',
    async (t, size) => {
      const one = await waiting(t)
      one.peer.send(encodeFrame(FrameType.ERROR, one.id, Buffer.alloc(Number(size), 1)))
      await expectViolation(t, one, 'a malformed ERROR')
    },
    { variants: ['0', '1', '5', '1031'] },
  ),
  must(
    'c.err.hostile-text',
    'whatever a message holds, only its code counts',
    'R-6.5-5 R-11-9 R-11-10 R-17-4',
    async (t, hex) => {
      const { peer, pending, id } = await waiting(t)
      peer.send(error(id, Code.INVALID_NAME, Buffer.from(hex, 'hex')))
      const failed = await t.expectError(pending, ['request'])
      check(failed.code === Code.INVALID_NAME, `expected code ${Code.INVALID_NAME}, got ${failed.code}`)
      const { message = '' } = failed
      t.should(
        !/\p{Cc}/u.test(message) && message.isWellFormed(),
        `expected a message without control characters, got ${JSON.stringify(message)}`,
      )
      await t.expectWorks(peer)
    },
    {
      variants: [
        'ff',
        '1b5b324a1b5d303b78',
        '00',
        '0a0d',
        'eda080',
        'e280ae616263',
        Buffer.from('GREETING_TOO_LONG retry').toString('hex'),
        '61'.repeat(1024),
      ],
    },
  ),
  must('c.err.after-fatal', 'frames behind a fatal ERROR change nothing that is settled', 'R-4.4-2', async (t) => {
    const { peer, pending, id } = await waiting(t)
    peer.send(error(0, Code.TIMEOUT, 'late'), greeting(id, 'Hello Ada'))
    await t.expectError(pending, ['connection'], 'never')
    await expectClosed(peer, 'a frame behind ERROR with id 0')
  }),
  must(
    'c.err.grease-after-fatal',
    'ignorable frames behind a fatal ERROR are skipped',
    'R-4.4-2 R-5.2-1',
    async (t) => {
      const { peer, pending } = await waiting(t)
      peer.send(error(0, Code.TIMEOUT, 'late'), encodeFrame(0x8a, 1))
      peer.fin()
      const failed = await t.expectError(pending, ['connection'], 'never')
      check(failed.code === Code.TIMEOUT, `expected code ${Code.TIMEOUT}, got ${failed.code}`)
    },
  ),
]
