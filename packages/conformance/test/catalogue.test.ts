/** The whole catalogue against peers that are right: the reference in both roles, every benign variant, and two programs in Python. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, it } from 'vitest'
import { clientCases } from '../src/cases/client/catalogue.ts'
import { serverCases } from '../src/cases/server/catalogue.ts'
import { coverageFaults } from '../src/report/coverage.ts'
import { requirements } from '../src/requirements.ts'
import { run } from '../src/main.ts'
import type { Result } from '../src/run/verdict.ts'
import { benignVariants, type BenignVariant } from './reference/bugs.ts'
import { benignClientVariants } from './reference/client-bugs.ts'
import { judgeClient, judgeServer } from './reference/judge-mutant.ts'

const interop = (file: string): string => fileURLToPath(new URL(`../../../examples/interop/${file}`, import.meta.url))

/** What was found wrong, and what could not be judged when that is a hundredth or more. */
function faults(results: readonly Result[]): string[] {
  const wrong = results.filter(
    ({ verdict, message }) => !['PASS', 'INFO', 'UNSUPPORTED', 'INCONCLUSIVE'].includes(verdict) && !late(message),
  )
  const unjudged = results.filter(({ verdict }) => verdict === 'INCONCLUSIVE')
  return [...wrong, ...(unjudged.length < results.length / 100 ? [] : unjudged)].map(
    ({ id, variant, verdict, message }) => `${verdict} ${id}/${variant}: ${message}`,
  )
}

/** For each thing that a target lacks, the number of executions that are UNSUPPORTED for it. */
function lacking(results: readonly Result[]): Record<string, number> {
  const lacks = results.flatMap(({ verdict, message }) =>
    verdict === 'UNSUPPORTED' ? [/maxName|maxPayload|pid|hello/.exec(message ?? '')?.[0] ?? `${message}`] : [],
  )
  return Object.fromEntries([...Map.groupBy(lacks, (one) => one)].map(([one, { length }]) => [one, length]))
}

/** A timer that fires late breaks a SHOULD; on a busy machine that says nothing. */
function late(message: string | undefined): boolean {
  return message?.startsWith('expected the timer to fire within') === true
}

async function verdictOf(...argv: string[]): Promise<{ code: number; out: string }> {
  let out = ''
  const write = (text: string): void => void (out += text)
  return { code: await run(argv, { stdout: { write }, stderr: { write } }), out }
}

/** How often a verdict occurred, by the summary at the end of a run. */
function counted(out: string, verdict: string): number {
  const summary = out.trimEnd().split('\n').at(-1)
  return Number(new RegExp(`(\\d+) ${verdict}`).exec(summary ?? '')?.[1] ?? 0)
}

/** A server inside this process has no pid to look at; the limits of some leave no room for a case. */
const serverLacks: Partial<Record<BenignVariant, Record<string, number>>> = {
  'lowest-limits': { maxName: 201, pid: 9 },
  'highest-limits': { maxName: 7, maxPayload: 3, pid: 13 },
  'byte-per-write': { pid: 12 },
  'hold-20ms': { pid: 12 },
}

describe('the catalogue', () => {
  it('cites a requirement in every case, and a case or a reason for every MUST', ({ expect }) => {
    expect(coverageFaults(serverCases, clientCases)).toEqual([])
  })

  it('lets no case pass for a SHOULD that judges a MUST alone', ({ expect }) => {
    const levels = new Map(requirements.map(({ id, level }) => [id, level]))
    const mild = [...serverCases, ...clientCases].filter(
      ({ level, spec }) => level === 'S' && !spec.some((id) => levels.get(id) === 'SHOULD'),
    )
    // What the second signal does is a rule for adapters, which SPEC.md does not have.
    expect(mild.map(({ id }) => id)).toEqual(['gb.second-signal'])
  })

  it('carries the requirements of the specification', ({ expect }) => {
    let spec: string
    try {
      spec = readFileSync(fileURLToPath(new URL('../../protocol/SPEC.md', import.meta.url)), 'utf8')
    } catch {
      return
    }
    const lines = spec.split('\n').filter((line) => /^- \[R-[0-9A-Z.]+-[0-9]+\]/.test(line))
    expect(requirements.map(({ id, who, text }) => `- [${id}] (${who}) ${text}`)).toEqual(lines)
  })
})

// Side by side, because they mostly wait: for timers, for servers that answer late.
describe.concurrent('the catalogue', () => {
  it('passes the reference server', async ({ expect }) => {
    const results = await judgeServer([], { ownProcess: true, strict: false })
    expect(faults(results)).toEqual([])
    expect(lacking(results)).toEqual({})
  })

  it('passes the reference client', async ({ expect }) => {
    const results = await judgeClient([], { ownProcess: true, strict: false })
    expect(faults(results)).toEqual([])
    expect(lacking(results)).toEqual({})
  })

  it('passes the server in Python', async ({ expect }) => {
    const { code, out } = await verdictOf('server', '--', 'python3', interop('greetwire_server.py'))
    expect(code, out).toBe(0)
    expect(counted(out, 'UNSUPPORTED')).toBe(247)
    expect(counted(out, 'INCONCLUSIVE')).toBeLessThan(27)
  })

  it('passes the client in Python', async ({ expect }) => {
    const { code, out } = await verdictOf('client', '--', 'python3', interop('greetwire_client.py'))
    expect(code, out).toBe(0)
    expect(counted(out, 'UNSUPPORTED')).toBe(41)
    expect(counted(out, 'INCONCLUSIVE')).toBeLessThan(4)
  })
})

describe.concurrent('variants that are unusual and right', () => {
  it.for(benignVariants)('the server %s passes everything', async (variant, { expect }) => {
    const skip = variant === 'hold-20ms' || variant === 'byte-per-write' ? ['bp.churn', 'con.frame-atomic'] : []
    const results = await judgeServer([variant], { variants: 3, skip, strict: false })
    expect(faults(results)).toEqual([])
    expect(lacking(results)).toEqual(serverLacks[variant] ?? { pid: 13 })
  })

  it('fails no case for a server that is overloaded', async ({ expect }) => {
    const needingNothing = serverCases.filter(({ needs }) => needs === undefined).map(({ id }) => id)
    const results = await judgeServer(['overloaded'], { run: needingNothing, variants: 3, strict: false })
    expect(results.filter(({ verdict }) => !['PASS', 'INFO', 'INCONCLUSIVE'].includes(verdict))).toEqual([])
  })

  it.for(benignClientVariants)('the client %s passes everything', async (variant, { expect }) => {
    const results = await judgeClient([variant], { variants: 12, strict: false })
    expect(faults(results)).toEqual([])
    expect(lacking(results)).toEqual(variant === 'no-hello' ? { hello: 56 } : {})
  })
})
