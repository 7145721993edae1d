import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const suite = fileURLToPath(new URL('../../conformance/bin/greetwire-conformance.mjs', import.meta.url))
const adapter = fileURLToPath(new URL('conformance/adapter.ts', import.meta.url))

it('passes every case of the conformance suite, those for SHOULD included', { timeout: 180_000 }, async () => {
  // The suite runs on Node; the client under test runs on the runtime of this test.
  const { code, output } = await run('node', [suite, 'client', '--strict', '--', process.execPath, adapter])
  expect(output).toMatch(/cases, \d+ executions in .*: \d+ PASS \(seed \d+\)/)
  expect(code).toBe(0)
})

function run(command: string, given: readonly string[]): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    const child = execFile(command, given, { maxBuffer: 64 * 1024 * 1024 }, (_, stdout, stderr) =>
      resolve({ code: child.exitCode ?? -1, output: stdout + stderr }),
    )
  })
}
