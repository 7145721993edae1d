import { testStart } from '../../server-core/test/suite/start.ts'
import { target } from './target.ts'

testStart(target)
