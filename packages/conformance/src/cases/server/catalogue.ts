/** The catalogue of the server role, in the order in which it runs. */
import type { ServerCase } from '../../run/server-bench.ts'
import { backpressureCases } from './backpressure.ts'
import { cancelCases } from './cancel.ts'
import { closingCases } from './closing.ts'
import { errorCases } from './errors.ts'
import { framingCases } from './framing.ts'
import { fuzzCases } from './fuzz.ts'
import { garbageCases } from './garbage.ts'
import { goodbyeCases } from './goodbye.ts'
import { idCases } from './ids.ts'
import { limitCases } from './limits.ts'
import { nameCases } from './names.ts'
import { openingCases } from './opening.ts'
import { pingCases } from './ping.ts'
import { pipeliningCases } from './pipelining.ts'
import { textPortCases } from './text-port.ts'
import { timerCases } from './timers.ts'
import { tlsCases } from './tls.ts'
import { utf8Cases } from './utf8.ts'
import { vectorCases } from './vectors.ts'
import { versionCases } from './version.ts'

const plainCases: readonly ServerCase[] = [
  ...vectorCases,
  ...openingCases,
  ...versionCases,
  ...limitCases,
  ...framingCases,
  ...garbageCases,
  ...nameCases,
  ...utf8Cases,
  ...idCases,
  ...pipeliningCases,
  ...pingCases,
  ...cancelCases,
  ...errorCases,
  ...closingCases,
  ...backpressureCases,
  ...fuzzCases,
  ...timerCases,
  ...goodbyeCases,
  ...textPortCases,
]

export const serverCases: readonly ServerCase[] = [...plainCases, ...tlsCases(plainCases)]
