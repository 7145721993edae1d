/** The catalogue of the client role, in the order in which it runs. */
import type { ClientCase } from '../../run/client-bench.ts'
import { clientErrorCases } from './errors.ts'
import { clientEndCases } from './ends.ts'
import { clientInboundCases } from './inbound.ts'
import { clientAnswerCases } from './answers.ts'
import { clientLifetimeCases } from './lifetime.ts'
import { clientRetryCases } from './retry.ts'
import { clientOpeningCases } from './opening.ts'
import { clientTlsCases } from './tls.ts'
import { clientWelcomeCases } from './welcome.ts'
import { clientOutboundCases } from './outbound.ts'
import { clientCancelCases } from './cancel.ts'

export const clientCases: readonly ClientCase[] = [
  ...clientOpeningCases,
  ...clientWelcomeCases,
  ...clientInboundCases,
  ...clientAnswerCases,
  ...clientErrorCases,
  ...clientEndCases,
  ...clientOutboundCases,
  ...clientCancelCases,
  ...clientLifetimeCases,
  ...clientRetryCases,
  ...clientTlsCases,
]
