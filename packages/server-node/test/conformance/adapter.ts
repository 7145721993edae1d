/** `shard` or `pool` as the first argument: the server that the conformance suite judges. */

import { serve } from '../../src/index.ts'
import { runAdapter } from '../../../server-core/test/conformance/adapter.ts'

await runAdapter(serve, process.argv[2] === 'shard' ? 'shard' : 'pool')
