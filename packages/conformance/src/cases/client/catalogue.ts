/** The catalogue of the client role, in the order in which it runs. */
import type { ClientCase } from '../../run/client-bench.ts'

export const clientCases: readonly ClientCase[] = []
