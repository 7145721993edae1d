import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

// Every thread and process of Node strips the types of each source that it loads; with a cache that costs half.
process.env['NODE_COMPILE_CACHE'] ??= fileURLToPath(new URL('./node_modules/.cache/node', import.meta.url))

/** What every package's tests share. */
export default defineConfig({
  test: {
    // A test that asserts nothing proves nothing. What is polled for may take its time.
    expect: { requireAssertions: true, poll: { timeout: 30_000 } },
    // Nothing here asserts how long something takes; the limit is for what hangs, also on a machine with other things to do.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    include: ['test/**/*.test.ts'],
  },
})
