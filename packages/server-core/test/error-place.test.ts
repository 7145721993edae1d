import { describe, expect, it } from 'vitest'
import { errorPlace } from '../src/error-place.ts'

const thrown = (stack: string) => Object.assign(new Error('no'), { stack })

describe('errorPlace', () => {
  it.each([
    [
      'of the innermost frame',
      'Error: no\n    at f (file:///a%20b/x.mjs:3:8)\n    at file:///y.mjs:1:1',
      'file:///a%20b/x.mjs:3:8',
    ],
    ['of a frame without a function', 'Error: no\n    at /a b/x.mjs:5:1', '/a b/x.mjs:5:1'],
    [
      'of the caller of a part of the runtime',
      'Error: no\n    at read (node:fs:1:2)\n    at f (/x.mjs:3:8)',
      '/x.mjs:3:8',
    ],
    ['in front of the stack', '/x.ts:3\n  const = 3\n        ^\n\nSyntaxError: no\n    at f (node:a:1:2)', '/x.ts:3'],
    ['on Windows', String.raw`Error: no` + '\n' + String.raw`    at f (C:\a\x.mjs:3:8)`, String.raw`C:\a\x.mjs:3:8`],
  ])('is the place %s', (_where, stack, place) => {
    expect(errorPlace(thrown(stack))).toBe(`, at ${place}`)
  })

  it('is the position that Bun gives', () => {
    const error = { position: { file: '/x.mjs', line: 3, column: 9 }, message: 'no' }
    expect(errorPlace(error)).toBe(', at /x.mjs:3:9')
  })

  it.each([
    [
      'an error of the runtime, for which others only wait',
      thrown('Error: no\n    at f (node:a:1:2)\n    at async g (/x.ts:1:2)'),
    ],
    [
      'code without a file',
      thrown('Error: no\n    at eval (eval at run (file:///x.ts:1:2), <anonymous>:3:9)\n    at g (/y.ts:1:2)'),
    ],
    ['a stack that is none', Object.assign(new Error('no'), { stack: 7 })],
    ['a position that is in no file', Object.assign(thrown('Error: no'), { position: '15' })],
    ['what is no error', 'at f (/x.mjs:3:8)'],
    ['nothing', undefined],
  ])('is empty for %s', (_what, error) => {
    expect(errorPlace(error)).toBe('')
  })
})
