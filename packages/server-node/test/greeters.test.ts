import { testGreeters } from '../../server-core/test/suite/greeters.ts'
import { target } from './target.ts'

testGreeters(target)
