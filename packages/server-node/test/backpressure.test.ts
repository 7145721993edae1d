import { testBackpressure } from '../../server-core/test/suite/backpressure.ts'
import { target } from './target.ts'

testBackpressure(target)
