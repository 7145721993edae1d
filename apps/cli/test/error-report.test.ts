import { GreetError, type GreetErrorCode } from '@greetwire/client'
import { UsageError } from '@greetwire/protocol'
import { ListenError } from '@greetwire/server-core'
import { describe, expect, it } from 'vitest'
import { exitOf, messageOf } from '../src/error-report.ts'
import { CommandError } from '../src/exit-codes.ts'

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
    expect(messageOf(error)).toBe('Cannot connect to tls://x:1: untrusted; check --tls-ca and --tls-server-name')
    expect(messageOf(new UsageError('Cannot use TLS: tls.key is no PEM text'))).toBe(
      'Cannot use TLS: --tls-key is no PEM text',
    )
  })

  it.each(['tcp://tls.example:1', 'tcp://tls.ca:1', '"./tls.key.ts"', '"tls.key"'])(
    'leaves %s as it was typed',
    (typed) => {
      expect(messageOf(new UsageError(`Cannot use ${typed}`))).toBe(`Cannot use ${typed}`)
      expect(messageOf(greetError('CONNECT_FAILED', `Cannot connect to ${typed}: gone`))).toBe(
        `Cannot connect to ${typed}: gone`,
      )
    },
  )

  it('escapes what a server says', () => {
    expect(messageOf(greetError('GREETER_FAILED', 'Cannot greet: "\u001b[31m\u202e"'))).toBe(
      String.raw`Cannot greet: "\x1b[31m\u{202e}"`,
    )
  })

  it('shows the stack of what nobody foresaw', () => {
    expect(messageOf(new TypeError('bug'))).toMatch(/^Unexpected failure, please report it: TypeError: bug\n +at /)
  })
})
