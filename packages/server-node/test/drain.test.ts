import { testDrain } from '../../server-core/test/suite/drain.ts'
import { target } from './target.ts'

testDrain(target)
