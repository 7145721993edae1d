/** Greeters: every form that reaches a thread, every way to fail, and what is refused at the start. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import { error, greeting, name, type ReceivedFrame } from './frames.ts'
import { PUPPET, Puppet } from './puppet.ts'
import { EAGERLY, failure, keptLog, open, start } from './rig.ts'
import { MODELS, type Target } from './target.ts'
import type { GreeterOption } from '../../src/index.ts'

const FORMS = new URL('./greeters/forms.ts', import.meta.url)
const BROKEN = new URL('./greeters/broken.mjs', import.meta.url)

/** What every server does with greeters. */
export function testGreeters(target: Target): void {
  describe.each(MODELS)('greeters in %s', (threading) => {
    it.each<[string, GreeterOption, string]>([
      ['a function of a module', { module: FORMS, export: 'greet' }, 'function Ada'],
      ['an async function of a module', { module: FORMS.href, export: 'later' }, 'later Ada'],
      ['an object of a module', { module: FORMS, export: 'object' }, 'object Ada'],
      ['a class of a module', { module: FORMS, export: 'Counting' }, 'class 1 Ada'],
      ['the default export of a module', { module: FORMS }, 'class 1 Ada'],
      ['the default export at a URL', FORMS, 'class 1 Ada'],
      ['an inline arrow function', (who) => `arrow ${who}`, 'arrow Ada'],
      ['an inline async arrow function', async (who) => `async ${who}`, 'async Ada'],
      ['an inline function', greetAloud, 'function Ada'],
      ['an inline method', METHODS.greet, 'method Ada'],
      ['an inline async method', METHODS.later, 'later Ada'],
    ])('greet as %s', async (_form, greeter, expected) => {
      const server = await start(target, { threading, greeter })
      expect(await (await open(server.address)).send(name(1, 'Ada')).frame()).toEqual(greeting(1, expected))
    })

    it('are constructed once in a thread if they are classes', async () => {
      const server = await start(target, { threading, greeter: FORMS })
      const first = await open(server.address)
      const second = await open(server.address)
      expect(await first.send(name(1, 'Ada')).frame()).toEqual(greeting(1, 'class 1 Ada'))
      expect(await second.send(name(1, 'Ada')).frame()).toEqual(greeting(1, 'class 2 Ada'))
    })

    it('that fail cost their request its error, and nothing else notices', async () => {
      const { lines, log } = keptLog()
      const server = await start(target, { threading, greeter: PUPPET, log })
      const other = await open(server.address)
      const wire = await open(server.address)
      const expected = Object.entries({
        throw: failed,
        reject: failed,
        nothing: failed,
        number: failed,
        'number-later': failed,
        object: failed,
        surrogate: failed,
        'surrogate-later': failed,
        'long 4097': tooLong,
        'long 70000': tooLong,
        'long-later 2049': tooLong,
        'long 4096': (id: number) => greeting(id, 'x'.repeat(4_096)),
        'long-later 2048': (id: number) => greeting(id, 'ü'.repeat(2_048)),
        empty: (id: number) => greeting(id, ''),
        control: (id: number) => greeting(id, 'two\nlines'),
        Ada: (id: number) => greeting(id, 'Hello Ada'),
      })
      wire.send(...expected.map(([command], index) => name(index + 1, command)))
      const frames = await wire.frames(expected.length)
      expect(frames.toSorted((one, another) => one.id - another.id)).toEqual(
        expected.map(([, answer], index) => answer(index + 1)),
      )
      expect(await other.send(name(1, 'Grace')).frame()).toEqual(greeting(1, 'Hello Grace'))
      expect(server.stats()).toMatchObject({ threadsReady: 1, threadsLost: 0, connectionsOpen: 2 })
      // What was thrown stays in the log.
      await expect
        .poll(() => lines.filter((line) => line.includes('greeter failed')).length, EAGERLY)
        .toBeGreaterThan(3)
      expect(lines.join('\n')).toContain(String.raw`Error: secret of the greeter \u001b[31m`)
      expect(lines.join('\n')).toContain('it returned number, not a string')
    })

    it('that use a name from outside fail, and one line of the log says which and what to do', async () => {
      const outside = 'Hi'
      const { lines, log } = keptLog()
      const server = await start(target, { threading, greeter: (who) => `${outside} ${who}`, log })
      const wire = await open(server.address)
      wire.send(name(1, 'Ada'), name(2, 'Grace'), name(3, 'Alan'))
      expect(await wire.frames(3)).toEqual([1, 2, 3].map((id) => error(id, 'GREETER_FAILED')))
      await expect.poll(() => lines, EAGERLY).toHaveLength(1)
      expect(lines[0]).toMatch(
        /^error: .*greeter uses `outside`, which does not exist inside a thread; give it as module \+ export$/,
      )
    })

    it.each<[string, unknown, string]>([
      ['native', encodeURIComponent, 'it is native or bound, so it has no source to send to a thread'],
      ['bound', greetAloud.bind(undefined), 'it is native or bound'],
      ['a class', Puppet, 'it is a class'],
      ['a generator', greetings, 'it is a generator'],
      ['no function', 'Hello', 'it is "Hello", allowed are a function, a URL or { module, export }'],
      ['a source that does not compile', uncompilable(), 'its source does not compile (SyntaxError'],
      ['at a relative path', { module: './forms.ts' }, 'module is "./forms.ts", allowed is an absolute URL'],
      ['an export that is missing', { module: FORMS, export: 'missing' }, `${FORMS.href}: it has no export "missing"`],
      [
        'an export that is none',
        { module: FORMS, export: 'neither' },
        'is object, allowed are a function, or an object',
      ],
      ['a class that cannot be made', { module: FORMS, export: 'Broken' }, 'Error: cannot be made on purpose'],
      ['in a module that is missing', new URL('./nowhere.ts', FORMS), new URL('./nowhere.ts', FORMS).href],
      ['in a module that fails', BROKEN, `${BROKEN.href}: Error: cannot be loaded on purpose`],
    ])('that are %s are refused at the start', async (_what, greeter, message) => {
      const refusal = await failure(
        target.serve({ port: 0, threads: 1, threading, greeter: greeter as GreeterOption, log: () => {} }),
      )
      expect(refusal.name).toBe('UsageError')
      expect(refusal.message).toMatch(/^Cannot (use|load) the (inline )?greeter/)
      expect(refusal.message).toContain(message)
    })

    it.each([
      ['in TypeScript', 'misspelt.ts', 'const = 3', /, at .*misspelt\.ts:2/],
      // Node tells the line of JavaScript only to a process that dies of it.
      [
        'in JavaScript',
        'misspelt.mjs',
        'const = 3',
        /misspelt\.mjs:2:\d+$|; run the module with node to see the line$/,
      ],
      ['while it runs', 'failing.mjs', 'null.greet', /, at .*failing\.mjs:2:\d+$/],
    ])('that fail %s are refused with the line', async (_when, file, statement, where) => {
      const module = moduleFile(file, `// A module.\n${statement}\n`)
      const refusal = await failure(target.serve({ port: 0, threads: 1, threading, greeter: module, log: () => {} }))
      expect(refusal.message).toContain(`Cannot load the greeter from ${module.href}: `)
      expect(refusal.message).toMatch(where)
    })
  })
}

/** A module in a folder that ends with the test. */
function moduleFile(file: string, source: string): URL {
  const directory = mkdtempSync(path.join(tmpdir(), 'greetwire-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  writeFileSync(path.join(directory, file), source)
  return pathToFileURL(path.join(directory, file))
}

function greetAloud(this: void, who: string): string {
  return `function ${who}`
}

function* greetings(): Generator<string> {
  yield 'Hello'
}

const METHODS = {
  greet(this: void, who: string): string {
    return `method ${who}`
  },
  async later(this: void, who: string): Promise<string> {
    await new Promise((resolve) => setTimeout(resolve))
    return `later ${who}`
  },
}

function failed(id: number): ReceivedFrame {
  return error(id, 'GREETER_FAILED')
}

function tooLong(id: number): ReceivedFrame {
  return error(id, 'GREETING_TOO_LONG', 4_096)
}

/** A function whose source compiles only where it was written. */
function uncompilable(): unknown {
  class Private {
    #word = 'Hi'
    greet = (who: string): string => `${this.#word} ${who}`
  }
  return new Private().greet
}
