/** The catalogue of the client role, in the order in which it runs. */
import type { ClientCase } from '../../run/client-bench.ts'
import { clientErrorCases } from './errors.ts'
import { clientInboundCases } from './inbound.ts'
import { clientLifetimeCases } from './lifetime.ts'
import { clientOpeningCases } from './opening.ts'
import { clientOutboundCases } from './outbound.ts'

export const clientCases: readonly ClientCase[] = [
  ...clientOpeningCases,
  ...clientInboundCases,
  ...clientErrorCases,
  ...clientOutboundCases,
  ...clientLifetimeCases,
]
