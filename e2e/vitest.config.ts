import { defineConfig } from 'vitest/config'

// The limit is for a test that hangs; on a busy machine starting a process alone can take seconds.
export default defineConfig({ test: { testTimeout: 60_000, hookTimeout: 60_000 } })
