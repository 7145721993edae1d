import { testPool } from '../../server-core/test/suite/pool.ts'
import { target } from './target.ts'

testPool(target)
