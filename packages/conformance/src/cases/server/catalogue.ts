/** The catalogue of the server role, in the order in which it runs. */
import type { ServerCase } from '../../run/server-bench.ts'
import { ageCases } from './age.ts'
import { backpressureCases } from './backpressure.ts'
import { cancelCases } from './cancel.ts'
import { cancelPlaceCases } from './cancel-places.ts'
import { closingCases } from './closing.ts'
import { errorCases } from './errors.ts'
import { greeterTimerCases } from './greeter-timer.ts'
import { framingCases } from './framing.ts'
import { frameTypeCases } from './frame-types.ts'
import { frameTimerCases } from './frame-timer.ts'
import { fuzzCases } from './fuzz.ts'
import { garbageCases } from './garbage.ts'
import { goodbyeCases } from './goodbye.ts'
import { drainCases } from './drain.ts'
import { goodbyeEdgeCases } from './goodbye-edges.ts'
import { idCases } from './ids.ts'
import { limitCases } from './limits.ts'
import { payloadLimitCases } from './payload-limits.ts'
import { nameCases } from './names.ts'
import { openingCases } from './opening.ts'
import { openingForeignCases } from './opening-foreign.ts'
import { pingCases } from './ping.ts'
import { pipeliningCases } from './pipelining.ts'
import { concurrencyCases } from './concurrency.ts'
import { resetCases } from './resets.ts'
import { slowReaderCases } from './slow-reader.ts'
import { textPortCases } from './text-port.ts'
import { textPortRuleCases } from './text-port-rules.ts'
import { idleTimerCases } from './idle-timer.ts'
import { tlsCases } from './tls.ts'
import { utf8Cases } from './utf8.ts'
import { vectorCases } from './vectors.ts'
import { versionCases } from './version.ts'

const plainCases: readonly ServerCase[] = [
  ...vectorCases,
  ...openingCases,
  ...openingForeignCases,
  ...versionCases,
  ...limitCases,
  ...payloadLimitCases,
  ...framingCases,
  ...frameTypeCases,
  ...garbageCases,
  ...nameCases,
  ...utf8Cases,
  ...idCases,
  ...pipeliningCases,
  ...concurrencyCases,
  ...pingCases,
  ...cancelCases,
  ...cancelPlaceCases,
  ...errorCases,
  ...greeterTimerCases,
  ...closingCases,
  ...resetCases,
  ...backpressureCases,
  ...slowReaderCases,
  ...fuzzCases,
  ...idleTimerCases,
  ...frameTimerCases,
  ...goodbyeCases,
  ...drainCases,
  ...goodbyeEdgeCases,
  ...ageCases,
  ...textPortCases,
  ...textPortRuleCases,
]

export const serverCases: readonly ServerCase[] = [...plainCases, ...tlsCases(plainCases)]
