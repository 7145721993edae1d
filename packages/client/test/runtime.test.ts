import { expect, it } from 'vitest'
import { defaultDialer } from '../src/default-dialer.ts'

it('runs on the runtime that was asked for, with the dialer made for it', () => {
  const runtime = process.versions['bun'] === undefined ? 'node' : 'bun'
  expect(runtime).toBe(process.env['TEST_RUNTIME'] ?? 'node')
  expect(defaultDialer.runtime).toBe(runtime)
})
