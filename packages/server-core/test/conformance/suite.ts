/** Judges a server by the conformance suite, in both threading models. */

import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, it } from 'vitest'

const suite = fileURLToPath(new URL('../../../conformance/bin/greetwire-conformance.mjs', import.meta.url))

/** `adapter` is the URL of the server's adapter; it runs on the runtime of the test, the suite on Node. */
export function conformanceSuite(adapter: URL): void {
  describe.each(['shard', 'pool'])('%s', { concurrent: true }, (threading) => {
    it('passes every case of the conformance suite', { timeout: 600_000 }, async ({ expect }) => {
      const command = [process.execPath, fileURLToPath(adapter), threading]
      const { code, output } = await run('node', [suite, 'server', '--', ...command])
      const verdicts = /\d+ cases, \d{4,} executions in .*/.exec(output)?.[0]
      expect(verdicts).toBeDefined()
      expect({ code, output: code === 0 ? '' : output }).toEqual({ code: 0, output: '' })
      console.log(`${threading}: ${verdicts}`)
    })
  })
}

function run(command: string, given: readonly string[]): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve) => {
    const child = execFile(command, given, { maxBuffer: 64 * 1024 * 1024 }, (_, stdout, stderr) =>
      resolve({ code: child.exitCode, output: stdout + stderr }),
    )
  })
}
