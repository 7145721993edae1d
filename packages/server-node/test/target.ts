/** This package, as the suite of server-core sees it. */

import type { Target } from '../../server-core/test/suite/target.ts'
import { serve } from '../src/index.ts'
import { nodeRuntime } from '../src/node-runtime.ts'
import { listen } from '../src/tcp-listener.ts'

export const target: Target = {
  runtime: 'node',
  serve,
  platform: nodeRuntime,
  listen,
  module: new URL('../src/index.ts', import.meta.url).href,
}
