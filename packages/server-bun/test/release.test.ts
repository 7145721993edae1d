import { testRelease } from '../../server-core/test/suite/release.ts'
import { target } from './target.ts'

testRelease(target)
