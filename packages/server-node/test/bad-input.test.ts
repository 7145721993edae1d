import { testBadInput } from '../../server-core/test/suite/bad-input.ts'
import { target } from './target.ts'

testBadInput(target)
