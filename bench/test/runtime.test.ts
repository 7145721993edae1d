import { expect, it } from 'vitest'

it('runs on the runtime that was asked for', () => {
  expect(process.versions['bun'] === undefined ? 'node' : 'bun').toBe(process.env['TEST_RUNTIME'] ?? 'node')
})
