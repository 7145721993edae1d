/** The requirements of SPEC.md, carried along so that the suite can quote them anywhere; a test compares the two. */
import exampleData from './examples.json' with { type: 'json' }
import data from './requirements.json' with { type: 'json' }

export interface Requirement {
  /** Such as `R-6.3-2`. */
  readonly id: string
  readonly who: 'server' | 'client' | 'both'
  readonly level: 'MUST' | 'SHOULD'
  readonly text: string
}

/** A hex example of SPEC.md. */
export interface SpecExample {
  readonly id: string
  readonly direction: 'client-to-server' | 'server-to-client'
  readonly hex: string
}

/** All hex examples, in the order of the specification. */
export const specExamples: readonly SpecExample[] = exampleData as SpecExample[]

/** All requirements, in the order of the specification. */
export const requirements: readonly Requirement[] = data as Requirement[]

/** Finds a requirement by its id. */
export function requirement(id: string): Requirement | undefined {
  return byId.get(id)
}

const byId = new Map(requirements.map((one) => [one.id, one]))
