import { GreetError, type GreetErrorCode } from '@greetwire/client'
import { UsageError } from '@greetwire/protocol'
import { ListenError } from '@greetwire/server-core'
import { Type } from '@sinclair/typebox'
import { describe, expect, it } from 'vitest'
import { CLIENT_TARGET_OPTIONS } from '../src/client-target.ts'
import { exitOf, messageOf } from '../src/error-report.ts'
import { CommandError } from '../src/exit-codes.ts'
import { SERVE_SCHEMA } from '../src/serve/serve-schema.ts'

const CLIENT = Type.Object(CLIENT_TARGET_OPTIONS)

const greetError = (code: GreetErrorCode, message = 'no', cause?: unknown): GreetError =>
  new GreetError(message, { code, source: 'client', retryable: false, executed: 'maybe', cause })

describe('exitOf', () => {
  it.each([
    ['CONNECT_FAILED', 'unreachable'],
    ['CONNECTION_LOST', 'unreachable'],
    ['GOODBYE', 'unreachable'],
    ['BAD_SERVER', 'violation'],
    ['TIMED_OUT', 'timeout'],
    ['ABORTED', 'interrupted'],
    ['QUEUE_FULL', 'failure'],
    ['INVALID_NAME', 'answered'],
    ['SERVER_FULL', 'answered'],
    ['0x02fe', 'answered'],
  ] as const)('takes %s of a client as %s', (code, exit) => {
    expect(exitOf(greetError(code))).toBe(exit)
  })

  it('knows the errors of the other packages, and takes everything else as a failure of its own', () => {
    expect(exitOf(new CommandError('timeout', 'late'))).toBe('timeout')
    expect(exitOf(new UsageError('bad option'))).toBe('usage')
    expect(exitOf(new ListenError('in use', 'EADDRINUSE'))).toBe('unreachable')
    expect(exitOf(new TypeError('bug'))).toBe('failure')
  })
})

describe('messageOf', () => {
  it('says how to start a server where nothing listens', () => {
    const refused = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' })
    const error = greetError(
      'CONNECT_FAILED',
      'Cannot connect to tcp://[::1]:1: connect ECONNREFUSED ::1:1; …',
      refused,
    )
    expect(messageOf(error)).toBe(
      'Cannot connect to tcp://[::1]:1: nothing listens there; start one with: npx greet serve',
    )
  })

  it('names options as they are typed', () => {
    const error = greetError(
      'CONNECT_FAILED',
      'Cannot connect to tls://x:1: untrusted; check tls.ca and tls.serverName',
    )
    expect(messageOf(error, CLIENT)).toBe(
      'Cannot connect to tls://x:1: untrusted; check --tls-ca and --tls-server-name',
    )
    expect(messageOf(new UsageError('Cannot use TLS: tls.key is no PEM text'), SERVE_SCHEMA)).toBe(
      'Cannot use TLS: --tls-key is no PEM text',
    )
    expect(messageOf(greetError('TIMED_OUT', 'Cannot greet "Ada": no answer in time; raise timeoutMs'), CLIENT)).toBe(
      'Cannot greet "Ada": no answer in time; raise --timeout',
    )
    expect(messageOf(new UsageError('maxName is 5000, above maxPayload 4096'), SERVE_SCHEMA)).toBe(
      '--max-name is 5000, above --max-payload 4096',
    )
  })

  it('names no option that the command does not have', () => {
    expect(messageOf(new UsageError('maxName is 5000'), CLIENT)).toBe('maxName is 5000')
    const message = 'Cannot greet "Ada": the server answered GREETING_TOO_LONG; the limit is 65535 bytes'
    expect(messageOf(greetError('GREETING_TOO_LONG', `${message}, set maxPayload higher`), CLIENT)).toBe(message)
  })

  it.each([
    'tcp://tls.example:1',
    'tcp://tls.ca:1',
    '"./tls.key.ts"',
    '"tls.key"',
    'tcp://timeoutMs:1',
    String.raw`"a \" raise timeoutMs too"`,
    '"maxInFlight"',
  ])('leaves %s as it was typed', (typed) => {
    for (const schema of [CLIENT, SERVE_SCHEMA]) {
      expect(messageOf(new UsageError(`Cannot use ${typed}`), schema)).toBe(`Cannot use ${typed}`)
      expect(messageOf(greetError('CONNECT_FAILED', `Cannot connect to ${typed}: gone`), schema)).toBe(
        `Cannot connect to ${typed}: gone`,
      )
    }
  })

  it('escapes what a server says', () => {
    expect(messageOf(greetError('GREETER_FAILED', 'Cannot greet: "\u001b[31m\u202e"'))).toBe(
      String.raw`Cannot greet: "\x1b[31m\u{202e}"`,
    )
  })

  it('shows the stack of what nobody foresaw', () => {
    expect(messageOf(new TypeError('bug'))).toMatch(/^Unexpected failure, please report it: TypeError: bug\n +at /)
  })
})
