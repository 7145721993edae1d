/** Judges a server by the conformance suite, in both threading models. */

import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, it } from 'vitest'

const suite = fileURLToPath(new URL('../../../conformance/bin/greetwire-conformance.mjs', import.meta.url))

/** What our servers may leave unsupported. */
const LACKS = { shard: ['needs the feature "pool"'], pool: [] }

/** `adapter` is the URL of the server's adapter; it runs on the runtime of the test, the suite on Node. */
export function conformanceSuite(adapter: URL): void {
  describe.each(['shard', 'pool'] as const)('%s', { concurrent: true }, (threading) => {
    it('passes every case of the conformance suite', { timeout: 600_000 }, async ({ expect }) => {
      const command = [process.execPath, fileURLToPath(adapter), threading]
      const { code, output } = await run('node', [suite, 'server', '--', ...command])
      const [verdicts, executions] = /\d+ cases, (\d{4,}) executions in .*/.exec(output) ?? []
      expect({ code, output: code === 0 ? '' : output }).toEqual({ code: 0, output: '' })
      expect(output.match(/(?<=\d UNSUPPORTED: ).*/g) ?? []).toEqual(LACKS[threading])
      const inconclusive = Number(/(\d+) INCONCLUSIVE/.exec(verdicts ?? '')?.[1] ?? 0)
      expect(inconclusive).toBeLessThan(Number(executions) / 100)
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
