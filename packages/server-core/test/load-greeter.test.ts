// Every form in which a function can be written, also those that the linter would have written otherwise.
/* oxlint-disable unicorn/consistent-function-scoping, typescript/unbound-method, eslint/no-extra-bind, typescript/no-extraneous-class */

import { describe, expect, it } from 'vitest'
import { type GreeterSource, greeterSource } from '../src/greeter-source.ts'
import type { GreeterOption } from '../src/greeter.ts'
import { loadGreeter } from '../src/load-greeter.ts'

const greeters = new URL('./fixtures/greeters.ts', import.meta.url)
const importModule = (url: string): Promise<unknown> => import(url)

/** What a thread makes of an option, which crosses to it as a copy. */
async function inThread(option: GreeterOption | undefined): Promise<(name: string) => unknown> {
  return loadGreeter(structuredClone(greeterSource(option)), importModule)
}

describe('loadGreeter', () => {
  it('greets with Hello and the name if no greeter is given', async () => {
    expect((await inThread(undefined))('Ada')).toBe('Hello Ada')
  })

  it('takes a function, an object and a class from a module', async () => {
    expect((await inThread({ module: greeters, export: 'formal' }))('Ada')).toBe('Good day, Ada')
    expect((await inThread({ module: greeters.href, export: 'object' }))('Ada')).toBe('Hi Ada')
    const counting = await inThread({ module: greeters, export: 'Counting' })
    expect([counting('Ada'), counting('Ada')]).toEqual(['1 Ada', '2 Ada'])
  })

  it('takes the default export of a module given by its URL alone', async () => {
    expect(await (await inThread(greeters))('Ada')).toBe('Later Ada')
  })

  const inline: [string, GreeterOption][] = [
    ['an arrow function', (name) => `Hi ${name}`],
    ['an async arrow function', async (name) => `Hi ${name}`],
    [
      'a function',
      function greet(name) {
        return `Hi ${name}`
      },
    ],
    [
      'an async function',
      async function greet(name) {
        return `Hi ${name}`
      },
    ],
    [
      'a method',
      {
        greet(name: string): string {
          return `Hi ${name}`
        },
      }.greet,
    ],
    [
      'an async method with a computed name',
      {
        async ['say hi'](name: string): Promise<string> {
          return `Hi ${name}`
        },
      }['say hi'],
    ],
  ]
  it.each(inline)('compiles %s given inline', async (_, option) => {
    expect(await (await inThread(option))('Ada')).toBe('Hi Ada')
  })

  it('does not let an inline greeter see what was around it', async () => {
    const prefix = 'Hi'
    const greet = await inThread((name) => `${prefix} ${name}`)
    expect(() => greet('Ada')).toThrow(ReferenceError)
  })

  it.each([
    ['an export that is missing', 'missing', 'it has no export "missing"'],
    ['an export that cannot greet', 'text', 'is string, allowed are a function, or an object or class'],
    ['a class whose constructor throws', 'Broken', 'cannot be constructed: Error: no database'],
  ])('refuses %s', async (_, name, message) => {
    await expect(inThread({ module: greeters, export: name })).rejects.toThrow(message)
  })

  it('refuses a module that cannot be imported, and says which', async () => {
    const url = new URL('./fixtures/no-such-file.ts', import.meta.url)
    await expect(inThread(url)).rejects.toThrow(`Cannot load the greeter from ${url.href}`)
  })
})

describe('greeterSource', () => {
  it.each([
    ['a native function', String as never],
    [
      'a bound function',
      function greet(this: void, name: string) {
        return name
      }.bind(undefined),
    ],
  ])('refuses %s', (_, option: GreeterOption) => {
    expect(() => greeterSource(option)).toThrow('Cannot use the inline greeter: it is native or bound')
  })

  it('refuses a class and a generator given inline', () => {
    expect(() => greeterSource(class {} as never)).toThrow('it is a class; give the greeter as module + export')
    expect(() => greeterSource(function* () {} as never)).toThrow('it is a generator')
  })

  it('refuses a source that does not compile on its own', async () => {
    const source: GreeterSource = { kind: 'inline', source: '(name) => `Hi ${name' }
    await expect(loadGreeter(source, importModule)).rejects.toThrow('its source does not compile (SyntaxError')
  })

  it('refuses a relative URL, because a thread has another base', () => {
    expect(() => greeterSource({ module: './greeters.ts' })).toThrow(
      'module is "./greeters.ts", allowed is an absolute URL',
    )
  })

  it('refuses what is no greeter at all', () => {
    expect(() => greeterSource(4356 as never)).toThrow('Cannot use the greeter: it is 4356')
    expect(() => greeterSource(null as never)).toThrow('Cannot use the greeter: it is null')
  })
})
