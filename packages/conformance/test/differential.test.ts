/** Different implementations, one outcome: what fuz.differential notes of them is the same. */
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { serverCases } from '../src/cases/server/catalogue.ts'
import { executionsOf } from '../src/run/case.ts'
import { runAll } from '../src/run/runner.ts'
import { ServerBench } from '../src/run/server-bench.ts'
import type { Result } from '../src/run/verdict.ts'
import { STARTS_WITHIN_MS } from '../src/target/child.ts'
import { commandSource } from '../src/target/command-source.ts'
import type { ServerSource } from '../src/target/server-target.ts'
import { inProcessSource } from './reference/in-process-source.ts'
import { ONCE } from './reference/run-once.ts'

const python = fileURLToPath(new URL('../../../examples/interop/greetwire_server.py', import.meta.url))

function walks(source: ServerSource): Promise<Result[]> {
  const executions = executionsOf(serverCases.filter(({ id }) => id === 'fuz.differential'))
  const options = { ...ONCE, seed: 7, strict: true }
  return runAll(new ServerBench(source, { timeoutScale: 1, seed: 7 }), executions, options)
}

it('notes the same of a server that greets at once and of one whose requests are cancelled in time', async () => {
  const [quick, slow] = [
    await walks(commandSource(['python3', python], STARTS_WITHIN_MS)),
    await walks(inProcessSource((trait) => trait === 'slow')),
  ]
  expect(quick.map(({ notes }) => notes.join())).toEqual(
    quick.map(() => expect.stringMatching(/^outcome [0-9a-f]{16}$/)),
  )
  expect(slow.map(({ notes }) => notes)).toEqual(quick.map(({ notes }) => notes))
})
