/**
 * The suite proved by peers that are broken: the matrix of mutants and the cases that must kill them is computed, every
 * mutant dies by a case of each requirement that it breaks, and every requirement has a mutant or a reason.
 */
import { beforeAll, describe, expect, it } from 'vitest'
import { clientCases } from '../src/cases/client/catalogue.ts'
import { serverCases } from '../src/cases/server/catalogue.ts'
import { requirements } from '../src/requirements.ts'
import { untestable } from '../src/untestable.ts'
import { brokenBy, failedIds, judgeAll, killerIds, mutants, type Mutant } from './reference/mutants.ts'
import { unbreakable } from './reference/unbreakable.ts'

const cases = new Map([...serverCases, ...clientCases].map((one) => [one.id, one]))

/** The cases that failed for each mutant, of those that must. */
const matrix = new Map<Mutant, string[]>()

async function judge(mutant: Mutant): Promise<void> {
  const run = Object.keys(mutant.killers)
  matrix.set(
    mutant,
    failedIds(await mutant.judge({ run, timeoutScale: 0.2, variants: mutant.role === 'server' ? 4 : 12 })),
  )
}

function survivors(): Mutant[] {
  return mutants.filter((mutant) => matrix.get(mutant)?.join() !== killerIds(mutant).join())
}

// Mutants judged side by side slow each other down, and a late answer is INCONCLUSIVE and kills nothing; so those that
// survive are judged again, one after the other.
beforeAll(async () => {
  await judgeAll(mutants, 4, judge)
  for (let round = 0; round < 8; round += 1) await judgeAll(survivors(), 1, judge)
}, 600_000)

describe('mutants', () => {
  it.each(mutants.map((mutant) => [mutant.role, mutant.bug, mutant] as const))(
    'kills the %s with %s',
    (_role, _bug, mutant) => {
      expect(matrix.get(mutant)).toEqual(killerIds(mutant))
    },
  )
})

describe('requirements', () => {
  it('names for each killer requirements that it cites', () => {
    const wrong = mutants.flatMap(({ bug, killers }) =>
      Object.entries(killers)
        .filter(([execution, broken]) => {
          const spec = cases.get(execution.split('/')[0]!)?.spec ?? []
          return broken.length === 0 || broken.some((id) => !spec.includes(id))
        })
        .map(([execution, broken]) => `${bug}: ${execution} does not cite ${broken.join(' ')}`),
    )
    expect(wrong).toEqual([])
  })

  it('has for each requirement a mutant that breaks it, or a reason', () => {
    const broken = new Set(mutants.flatMap(brokenBy))
    const reasons = { ...untestable, ...unbreakable }
    const without = requirements.map(({ id }) => id).filter((id) => !broken.has(id))
    expect(without.toSorted()).toEqual(Object.keys(reasons).toSorted())
  })
})
