import { describe, expect, expectTypeOf, it } from 'vitest'
import {
  ERROR_CODES,
  type ErrorName,
  errorName,
  errorScope,
  type FatalErrorName,
  GOODBYE_REASONS,
  goodbyeReason,
  MAX_MESSAGE,
  type RequestErrorName,
  retryClass,
} from '../src/index.ts'
import { hasControlCharacter } from '../src/bytes/utf8.ts'
import { specTable } from './spec-document.ts'
import { utf8 } from './raw-frames.ts'

const rows = <Row extends { code: number; message: string }>(table: Record<string, Row>): [string, Row][] =>
  Object.entries(table)

describe('ERROR_CODES', () => {
  const registry = specTable('codes')

  it('are the registered codes', () => {
    const ours = rows(ERROR_CODES).map(([name, { code }]) => ({ name, code }))
    expect(ours).toStrictEqual(registry.map(({ name, code }) => ({ name, code: Number(code) })))
  })

  it.each(registry)('$name has the registered scope', ({ name, code, scope }) => {
    expect(errorName(Number(code))).toBe(name)
    expect(errorScope(Number(code))).toBe(scope)
  })

  it('are divided into those of a request and those of a connection', () => {
    expectTypeOf<RequestErrorName | FatalErrorName>().toEqualTypeOf<ErrorName>()
    expectTypeOf<RequestErrorName & FatalErrorName>().toEqualTypeOf<never>()
    const ofRequests = Object.keys(ERROR_CODES).filter(
      (name) => errorScope(ERROR_CODES[name as ErrorName].code) === 'request',
    )
    const requestErrors: Record<RequestErrorName, true> = {
      INVALID_NAME: true,
      NAME_TOO_LONG: true,
      GREETER_FAILED: true,
      GREETER_TIMEOUT: true,
      GREETING_TOO_LONG: true,
      CANCELLED: true,
      OVERLOADED: true,
      THREAD_LOST: true,
    }
    expect(ofRequests).toStrictEqual(Object.keys(requestErrors))
  })

  it.each([...rows(ERROR_CODES), ...rows(GOODBYE_REASONS)])(
    '%s has a message that may be sent',
    (_name, { message }) => {
      expect(message.length).toBeGreaterThan(0)
      expect(hasControlCharacter(message)).toBe(false)
      expect(utf8(message).length).toBeLessThanOrEqual(MAX_MESSAGE)
    },
  )
})

describe('GOODBYE_REASONS', () => {
  it('are the registered reasons', () => {
    const registered = specTable('reasons').map(({ reason, name }) => ({ name, code: Number(reason) }))
    expect(rows(GOODBYE_REASONS).map(([name, { code }]) => ({ name, code }))).toStrictEqual(registered)
    for (const { name, code } of registered) expect(goodbyeReason(code)).toBe(name)
  })
})

describe('codes that this version does not know', () => {
  it.each([0x0000, 0x0005, 0x0104 + 0x8000, 0x0302, 0xffff])('%i has no name', (code) => {
    expect(errorName(code)).toBe(undefined)
  })

  it.each([0x0000, 0x0004, 0x8001, 0xffff])('%i is no reason', (code) => {
    expect(goodbyeReason(code)).toBe(undefined)
  })

  it.each([
    { first: 0x0000, last: 0x007f, scope: 'connection', retry: 'never' },
    { first: 0x0080, last: 0x00ff, scope: 'connection', retry: 'later' },
    { first: 0x0100, last: 0x01ff, scope: 'request', retry: 'never' },
    { first: 0x0200, last: 0x02ff, scope: 'request', retry: 'freely' },
    { first: 0x0300, last: 0x03ff, scope: 'request', retry: 'if-idempotent' },
    { first: 0x0400, last: 0x7fff, scope: 'request', retry: 'if-idempotent' },
  ])('from $first to $last end the $scope and are retried: $retry', ({ first, last, scope, retry }) => {
    for (const code of [first, first + 1, last - 1, last]) {
      for (const number of [code, code + 0x8000]) {
        expect(errorScope(number)).toBe(scope)
        expect(retryClass(number)).toBe(retry)
      }
    }
  })
})
