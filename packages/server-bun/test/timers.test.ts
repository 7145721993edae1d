import { testTimers } from '../../server-core/test/suite/timers.ts'
import { target } from './target.ts'

testTimers(target)
