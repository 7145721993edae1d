import { mergeConfig } from 'vitest/config'
import shared from '../../vitest.shared.ts'

// Most tests start processes, some of them several, on machines that have other things to do.
export default mergeConfig(shared, { test: { testTimeout: 60_000 } })
