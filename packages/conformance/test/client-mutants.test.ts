/** Each fault of the reference client is caught by the cases that name it. */
import { describe, it } from 'vitest'
import { clientBugs, type ClientBug } from './reference/client-bugs.ts'
import { judgeClient } from './reference/judge-mutant.ts'
import { clientKillers, needOwnProcess } from './reference/killers.ts'

// A late answer on a busy machine is INCONCLUSIVE and kills nothing, so a mutant is tried again.
describe.concurrent('client mutants', () => {
  it.for(Object.keys(clientBugs) as ClientBug[])('kills %s', { retry: 2 }, async (bug, { expect }) => {
    const killers = clientKillers[bug]
    const results = await judgeClient([bug], {
      run: killers,
      timeoutScale: 0.2,
      variants: 12,
      ownProcess: needOwnProcess.has(bug),
    })
    const failed = new Set(results.filter((result) => result.verdict === 'FAIL').map((result) => result.id))
    expect([...failed].toSorted()).toEqual([...new Set(killers.map((pattern) => pattern.split('/')[0]!))].toSorted())
  })
})
