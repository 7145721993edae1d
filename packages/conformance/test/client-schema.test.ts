/** The schema of client adapters against what the suite says to a client, and what a client says to the suite. */
import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { beforeAll, describe, expect, it } from 'vitest'
import { clientCases } from '../src/cases/client/catalogue.ts'
import { ClientBench } from '../src/run/client-bench.ts'
import { runAll } from '../src/run/runner.ts'
import type { Result } from '../src/run/verdict.ts'
import { InProcessClient } from './reference/in-process-client.ts'
import { clientCommand } from './reference/judge-mutant.ts'
import { ONCE } from './reference/run-once.ts'

const schema = JSON.parse(
  readFileSync(new URL('../src/target/client-adapter.schema.json', import.meta.url), 'utf8'),
) as { $id?: string }
const ajv = new Ajv2020({ strict: true, allErrors: true, strictRequired: false, strictTypes: false })
ajv.addSchema(schema, 'client')

const commands: string[] = []
const answers: string[] = []
let results: Result[] = []

/** The reference client, whose lines are kept. */
class Overheard extends InProcessClient {
  override write(line: string): void {
    commands.push(line)
    super.write(line)
  }

  override async line(limitMs: number): ReturnType<InProcessClient['line']> {
    const next = await super.line(limitMs)
    if (typeof next !== 'string') answers.push(next.line)
    return next
  }
}

function overhear(command: readonly string[]): Overheard {
  return new Overheard(command, () => false)
}

beforeAll(async () => {
  const bench = new ClientBench(clientCommand([]), { timeoutScale: 1 }, overhear)
  await bench.check()
  const executions = clientCases.map((one) => ({ case: one, variant: one.variants?.[0] ?? '' }))
  results = await runAll(bench, executions, { ...ONCE, jobs: 2, executionMs: 60_000 })
}, 120_000)

function misfits(part: string, lines: readonly string[]): string[] {
  const validate = ajv.compile({ $ref: `client#/$defs/${part}` })
  return lines
    .filter((line) => !validate(JSON.parse(line)))
    .map((line) => `${line.slice(0, 200)}: ${ajv.errorsText(validate.errors)}`)
}

function isReady(line: string): boolean {
  return 'ready' in (JSON.parse(line) as object)
}

function seen(key: string, lines: readonly string[]): string[] {
  return [...new Set(lines.map((line) => String((JSON.parse(line) as Record<string, unknown>)[key])))].toSorted()
}

describe('the schema of client adapters', () => {
  it('is seen on a client that fails nothing', () => {
    expect(results.length).toBe(clientCases.length)
    expect(results.filter(({ verdict }) => ['FAIL', 'ERROR', 'NOT-RUN'].includes(verdict))).toEqual([])
  })

  it('fits every command that the suite sends', () => {
    const known = ['abort', 'close', 'commandThatDoesNotExist', 'connect', 'greet', 'ping']
    expect(seen('command', commands)).toEqual(known)
    expect(misfits('command', commands)).toEqual([])
  })

  it('fits every outcome of a client that the suite passes', () => {
    const outcomes = answers.filter((line) => !isReady(line))
    const known = ['closed', 'connected', 'done', 'error', 'greeting', 'pong', 'unsupported']
    expect(seen('outcome', outcomes)).toEqual(known)
    expect(misfits('outcome', outcomes)).toEqual([])
    expect(misfits('ready', answers.filter(isReady))).toEqual([])
  })

  it.each([
    ['command', { id: 1, command: 'greet', connection: 'c1' }],
    ['command', { id: 1, command: 'abort' }],
    ['ready', { ready: 1, features: [] }],
    ['outcome', { outcome: 'done' }],
    ['outcome', { id: 1, outcome: 'ok' }],
    ['outcome', { id: 1, outcome: 'greeting' }],
    ['outcome', { id: 1, outcome: 'error' }],
    ['outcome', { id: 1, outcome: 'error', error: { kind: 'request', code: 'INVALID_NAME' } }],
    ['outcome', { id: 1, outcome: 'error', error: { kind: 'request', executed: 'yes' } }],
  ])('refuses a %s that is %j', (part, line) => {
    expect(misfits(part, [JSON.stringify(line)])).toHaveLength(1)
  })
})
