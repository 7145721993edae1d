/** Each fault of the reference server is caught by the cases that name it: a suite that misses one is no suite. */
import { describe, it } from 'vitest'
import { serverBugs, type ServerBug } from './reference/bugs.ts'
import { judgeServer } from './reference/judge-mutant.ts'
import { needOwnProcess, serverKillers } from './reference/killers.ts'

// A late answer on a busy machine is INCONCLUSIVE and kills nothing, so a mutant is tried again.
describe.concurrent('server mutants', () => {
  it.for(Object.keys(serverBugs) as ServerBug[])('kills %s', { retry: 2 }, async (bug, { expect }) => {
    const killers = serverKillers[bug]
    const results = await judgeServer([bug], {
      run: killers,
      timeoutScale: 0.2,
      variants: 4,
      ownProcess: needOwnProcess.has(bug),
    })
    const failed = new Set(results.filter((result) => result.verdict === 'FAIL').map((result) => result.id))
    expect([...failed].toSorted()).toEqual([...new Set(killers.map((pattern) => pattern.split('/')[0]!))].toSorted())
  })
})
