/** What a case reads in the log of the names that a server has executed. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { Random } from '../src/run/random.ts'
import { ServerTest } from '../src/run/server-test.ts'
import { timingFrom } from '../src/run/timing.ts'
import { inProcessSource } from './reference/in-process-source.ts'

const directory = mkdtempSync(join(tmpdir(), 'greetwire-'))
afterAll(() => rmSync(directory, { recursive: true }))

async function executed(log: string | undefined): Promise<string[]> {
  const target = await inProcessSource(() => false).start({})
  await target.kill()
  const executionLog = join(directory, 'executed')
  if (log !== undefined) writeFileSync(executionLog, log)
  const limits = { version: 1, maxName: 1, maxPayload: 4_096, maxInFlight: 1, idleTimeoutMs: 0, agent: Buffer.alloc(0) }
  const timing = timingFrom([], 1)
  return new ServerTest({
    target,
    limits,
    timing,
    random: new Random(1, 'log', ''),
    seed: 1,
    executionLog,
  }).executedNames()
}

describe('the execution log', () => {
  it('holds nothing before it is there', async () => {
    expect(await executed(undefined)).toEqual([])
  })

  it('holds a name a line, save the last one while it is being written', async () => {
    expect(await executed('"Ada"\n"two\\nlines"\n"Zo')).toEqual(['Ada', 'two\nlines'])
  })

  it.each(['Ada\n', '"Ada"\n\n', '["Ada"]\n'])('fails the case when it holds %j', async (log) => {
    await expect(executed(log)).rejects.toThrow('expected each line of the execution log to be a JSON string')
  })
})
