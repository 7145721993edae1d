import { defineConfig, mergeConfig } from 'vitest/config'
import shared from '../../vitest.shared.ts'

// Whole catalogues take their time, and share two cores with the servers that they start: one file at a time, few tests of it.
export default mergeConfig(
  shared,
  defineConfig({ test: { fileParallelism: false, maxConcurrency: 4, testTimeout: 240_000, hookTimeout: 60_000 } }),
)
