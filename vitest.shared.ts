import { defineConfig } from 'vitest/config'

/** What every package's tests share. */
export default defineConfig({
  test: {
    // A test that asserts nothing proves nothing.
    expect: { requireAssertions: true },
    include: ['test/**/*.test.ts'],
  },
})
