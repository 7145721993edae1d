import { mergeConfig } from 'vitest/config'
import shared from '../vitest.shared.ts'

// The tests start processes and a compiler, on machines that have other things to do.
export default mergeConfig(shared, { test: { testTimeout: 60_000 } })
