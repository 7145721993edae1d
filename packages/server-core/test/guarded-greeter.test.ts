// Greeters may return anything, thenables included.
/* oxlint-disable unicorn/no-thenable */

import { describe, expect, it } from 'vitest'
import { GuardedGreeter } from '../src/guarded-greeter.ts'
import { loadGreeter } from '../src/load-greeter.ts'
import { ThreadLedger } from '../src/thread-ledger.ts'

function guard(greet: (name: string) => unknown, inline = false) {
  const lines: string[] = []
  const ledger = new ThreadLedger()
  const greeter = new GuardedGreeter(greet as never, inline, ledger, (_, line) => lines.push(line))
  return { greeter, lines, ledger }
}

const thrown = (error: unknown) => () => {
  throw error
}

describe('GuardedGreeter', () => {
  it('returns the greeting of a sync greeter, and counts it', () => {
    const { greeter, ledger } = guard((name) => `Hi ${name}`)
    expect(greeter.call('Ada')).toBe('Hi Ada')
    expect([ledger.greetedCount, ledger.failedCount]).toEqual([1, 0])
  })

  it('calls the greeter without a receiver', () => {
    const { greeter } = guard(function (this: unknown) {
      return String(this)
    })
    expect(greeter.call('Ada')).toBe('undefined')
  })

  const unprintable = {
    get message() {
      throw new Error('again')
    },
    toString: thrown(new Error('again')),
  }
  it.each<[string, (name: string) => unknown]>([
    ['throws an error', thrown(new Error('no'))],
    ['throws undefined', thrown(undefined)],
    ['throws what cannot be printed', thrown(unprintable)],
    ['throws a symbol', thrown(Symbol('no'))],
    ['returns undefined', () => undefined],
    ['returns null', () => null],
    ['returns a number', () => 1],
    ['returns a String object', () => new Object('Hi')],
    ['rejects', () => Promise.reject(new Error('no'))],
    ['resolves to an object', async () => ({})],
    ['returns a thenable whose then throws', () => ({ then: thrown(new Error('no')) })],
    ['returns an object whose then getter throws', () => Object.defineProperty({}, 'then', { get: thrown(1) })],
  ])('makes a failure and one log line of a greeter that %s', async (_, greet) => {
    const { greeter, lines, ledger } = guard(greet)
    expect(await greeter.call('Ada')).toBe(null)
    expect([ledger.greetedCount, ledger.failedCount]).toEqual([0, 1])
    expect(lines).toEqual([expect.stringMatching(/^greeter failed: /)])
  })

  it('takes the first settlement of a thenable that settles twice', async () => {
    const { greeter, ledger } = guard(() => ({
      then(resolve: (value: unknown) => void, reject: (error: unknown) => void) {
        resolve('Hi')
        reject(new Error('no'))
        resolve('Ho')
      },
    }))
    expect(await greeter.call('Ada')).toBe('Hi')
    expect([ledger.greetedCount, ledger.failedCount]).toEqual([1, 0])
  })

  it('logs a failure that repeats at powers of ten', () => {
    const { greeter, lines } = guard(thrown('no'))
    for (let count = 0; count < 150; count++) void greeter.call('Ada')
    expect(lines).toEqual(['greeter failed: no', 'greeter failed: no (10 times)', 'greeter failed: no (100 times)'])
  })

  it('logs where an error came about, but for an inline greeter, which is in no file', () => {
    const fails = thrown(new Error('no'))
    const [module, inline] = [guard(fails), guard(fails, true)]
    void module.greeter.call('Ada')
    void inline.greeter.call('Ada')
    expect(module.lines).toEqual([
      expect.stringMatching(/^greeter failed: Error: no, at .*guarded-greeter\.test\.ts:\d+:\d+$/),
    ])
    expect(inline.lines).toEqual(['greeter failed: Error: no'])
  })

  it('logs a hundred distinct failures, and those beyond as one', () => {
    let count = 0
    const { greeter, lines } = guard(() => {
      throw String(count++)
    })
    for (let call = 0; call < 1_000; call++) void greeter.call('Ada')
    expect(lines[99]).toBe('greeter failed: 99')
    expect(lines.slice(100)).toEqual([
      'greeter failed in yet another way',
      'greeter failed in yet another way (10 times)',
      'greeter failed in yet another way (100 times)',
    ])
  })

  it('says once what to do about a name that an inline greeter cannot see', async () => {
    const source = 'async (name) => `${prefix} ${name}`'
    const greet = await loadGreeter({ kind: 'inline', source }, () => Promise.reject(new Error('unused')))
    const { greeter, lines } = guard(greet, true)
    for (let call = 0; call < 20; call++) expect(await greeter.call('Ada')).toBe(null)
    expect(lines).toEqual(['greeter uses `prefix`, which does not exist inside a thread; give it as module + export'])
  })

  it('does not carry a greeting that is too long for any client as a whole', () => {
    const { greeter } = guard(() => 'a'.repeat(1_000_000))
    expect(greeter.call('Ada')).toHaveLength(65_536)
  })
})
