import { testResets } from '../../server-core/test/suite/resets.ts'
import { target } from './target.ts'

testResets(target)
