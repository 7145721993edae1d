import { testShard } from '../../server-core/test/suite/shard.ts'
import { target } from './target.ts'

testShard(target)
