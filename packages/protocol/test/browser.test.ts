import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { createContext, runInContext } from 'node:vm'
import { beforeAll, describe, expect, it } from 'vitest'

/** A page as bare as can be: the language, the two text coders, and no code made from strings. */
const bareContext = (): object =>
  createContext({ TextEncoder, TextDecoder }, { codeGeneration: { strings: false, wasm: false } })

describe('a bundle for the browser', () => {
  let bundle = ''
  beforeAll(() => {
    const bun = execFileSync('bun', ['-p', 'process.execPath'], { encoding: 'utf8' }).trim()
    const page = fileURLToPath(new URL('browser-page.ts', import.meta.url))
    bundle = execFileSync(bun, ['build', page, '--target=browser', '--format=iife'], { encoding: 'utf8' })
  })

  it('needs nothing but the language, TextEncoder and TextDecoder', () => {
    const context = bareContext()
    runInContext(bundle, context)
    expect(JSON.parse((context as { seen: string }).seen)).toStrictEqual([
      'MOOD 3 {"strength":7,"note":"glad 😀"}',
      expect.stringMatching(/^NAME \{"name":\{.*"type":"string".*\}\} 4$/),
      'welcome page',
      'greeting 1 Hello Ada',
      'greeting 2 Hello Zoë 😀, a name too long for the short loops',
      'failed 3 GREETER_FAILED',
      'pong 9',
      'goodbye SHUTTING_DOWN',
      'DRAINING half-close LINGERING half-close',
      'Hello Ada',
    ])
  })

  it('imports and requires nothing', () => {
    expect(bundle).not.toMatch(/\brequire\(|\bimport\(|^import /m)
  })

  it('runs where code cannot be made from strings', () => {
    expect(() => runInContext("new Function('return 1')()", bareContext())).toThrow(
      /code generation|unsafe-eval|EvalError|disallowed/i,
    )
    expect(runInContext('typeof setTimeout + typeof Buffer + typeof process', bareContext())).toBe(
      'undefined'.repeat(3),
    )
  })
})
