/** What a target claims to have it must have: a refusal of that is a failure, and only a refusal of other things is not. */
import { describe, expect, it } from 'vitest'
import { clientCases } from '../src/cases/client/catalogue.ts'
import { serverCases } from '../src/cases/server/catalogue.ts'
import type { Case } from '../src/run/case.ts'
import { ClientBench } from '../src/run/client-bench.ts'
import { runAll, type Bench, type Trace } from '../src/run/runner.ts'
import { select } from '../src/run/selection.ts'
import { ServerBench } from '../src/run/server-bench.ts'
import type { ServerSource } from '../src/target/server-target.ts'
import { Unsupported } from '../src/wire/failure.ts'
import { InProcessClient } from './reference/in-process-client.ts'
import { inProcessSource } from './reference/in-process-source.ts'
import { ONCE } from './reference/run-once.ts'

async function verdictOf<Test extends Trace>(
  bench: Bench<Test>,
  cases: readonly Case<Test>[],
  id: string,
): Promise<string> {
  const [result] = await runAll(bench, select(cases, { run: [id], skip: [] }), ONCE)
  return `${result!.verdict} ${result!.message ?? ''}`.trim()
}

/** Judges the reference server, which claims everything, changed in this way. */
async function judgeServer(id: string, changed: Partial<ServerSource>): Promise<string> {
  const bench = new ServerBench({ ...inProcessSource(() => false), ...changed }, { timeoutScale: 1, seed: 1 })
  await bench.check()
  return verdictOf(bench, serverCases, id)
}

/** A server that starts with no options only. */
const refusing: Partial<ServerSource> = {
  start: (options) =>
    Object.keys(options).length === 0
      ? inProcessSource(() => false).start(options)
      : Promise.reject(new Unsupported('lacks it')),
}

/** A server that does not say where it listens for text. */
const withoutTextPort: Partial<ServerSource> = {
  start: async (options) => {
    const { textPort: _, ...target } = await inProcessSource(() => false).start(options)
    return target
  },
}

describe('a server', () => {
  it.each([
    ['txt.lf', 'FAIL lacks it, but it claims the feature "text"'],
    ['tls.1.2', 'FAIL lacks it, but it claims the feature "tls"'],
    ['can.others', 'FAIL lacks it, but it claims the feature "conformance-greeter"'],
    ['grt.refused-unexecuted', 'FAIL lacks it, but it claims the feature "conformance-greeter" and "execution-log"'],
    ['tmo.idle', 'UNSUPPORTED lacks it'],
    ['tls.client-cert/with', 'UNSUPPORTED lacks it'],
  ])('that refuses what %s asks for: %s', async (id, verdict) => {
    expect(await judgeServer(id, refusing)).toBe(verdict)
  })

  it('that listens for no text: FAIL', async () => {
    expect(await judgeServer('txt.lf', withoutTextPort)).toBe(
      'FAIL the target claims the feature "text" and reports no textPort',
    )
  })
})

/** The reference client, which claims everything, without one command, and without a feature if one is named. */
function judgeClient(id: string, command: string, lacks?: string): Promise<string> {
  class Refusing extends InProcessClient {
    override write(line: string): void {
      super.write(line.replace(`"command":"${command}"`, '"command":"none"'))
    }

    override async line(limitMs: number): ReturnType<InProcessClient['line']> {
      const next = await super.line(limitMs)
      return typeof next === 'string' ? next : { line: next.line.replace(`"${lacks}"`, '"nothing"') }
    }
  }
  const bench = new ClientBench([], { timeoutScale: 1 }, (own) => new Refusing(own, () => false))
  return verdictOf(bench, clientCases, id)
}

describe('a client', () => {
  it.each([
    ['c.utf.empty', 'greet', undefined, /^FAIL expected greet to be obeyed, since every client has it/],
    [
      'c.can.abort/failed',
      'abort',
      undefined,
      /^FAIL expected abort to be obeyed, since the adapter claims the feature "abort"/,
    ],
    ['c.can.abort/failed', 'abort', 'abort', /^UNSUPPORTED needs the feature "abort"/],
    [
      'c.png.timeout',
      'ping',
      undefined,
      /^FAIL expected ping to be obeyed, since the adapter claims the feature "ping" and "timeout"/,
    ],
    ['c.png.timeout', 'ping', 'timeout', /^UNSUPPORTED the adapter lacks: ping/],
  ])('judged by %s that refuses %s and lacks %s', async (id, command, lacks, verdict) => {
    expect(await judgeClient(id, command, lacks)).toMatch(verdict)
  })
})
