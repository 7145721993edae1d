/** This package, as the suite of server-core sees it. */

import type { Target } from '../../server-core/test/suite/target.ts'
import { bunRuntime } from '../src/bun-runtime.ts'
import { serve } from '../src/index.ts'
import { listen } from '../src/tcp-listener.ts'

export const target: Target = {
  runtime: 'bun',
  serve,
  platform: bunRuntime,
  listen,
  module: new URL('../src/index.ts', import.meta.url).href,
}
