import { testClosing } from '../../server-core/test/suite/closing.ts'
import { target } from './target.ts'

testClosing(target)
