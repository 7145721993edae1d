import { testTrace } from '../../server-core/test/suite/trace.ts'
import { target } from './target.ts'

testTrace(target)
