import { defineConfig } from 'vitest/config'

/** What every package's tests share. */
export default defineConfig({
  test: {
    // A test that asserts nothing proves nothing.
    expect: { requireAssertions: true },
    // Nothing here asserts how long something takes; the limit is for what hangs, also on a machine with other things to do.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    include: ['test/**/*.test.ts'],
  },
})
