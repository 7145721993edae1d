/** Looks at each runtime: whether it is there, which version it is, and whether its threads can share a port. */

import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { messageOf } from '../error-report.ts'
import { findRuntime, type RuntimeName } from '../runtime-binary.ts'
import type { Io } from '../io.ts'
import type { Finding } from './finding.ts'

const run = promisify(execFile)
const LEAST_VERSIONS: Record<RuntimeName, string> = { node: '22.18.0', bun: '1.4.0' }
const PROBE = new URL(`./shared-port-probe.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url)
const PROBE_TIMEOUT_MS = 20_000

/** What can be said about a runtime. */
export async function runtimeFindings(name: RuntimeName, io: Io): Promise<Finding[]> {
  let binary: string
  try {
    binary = await findRuntime(name, io)
  } catch (error) {
    return [{ check: name, status: 'note', found: 'not installed', advice: messageOf(error) }]
  }
  const { stdout } = await run(binary, ['-p', 'process.versions.bun ?? process.versions.node'])
  const version = stdout.trim()
  const least = LEAST_VERSIONS[name]
  if (isBelow(version, least)) {
    const advice = `install ${least} or newer; in a clone of Greetwire, npx greet brings its own`
    return [{ check: name, status: 'bad', found: `${version} at ${binary}`, advice }]
  }
  return [{ check: name, status: 'ok', found: `${version} at ${binary}` }, await sharedPortFinding(name, binary, PROBE)]
}

/** Runs `probe`: a small server whose two threads share a free port, which is what `--threading shard` does. */
export async function sharedPortFinding(name: RuntimeName, binary: string, probe: URL): Promise<Finding> {
  const check = `SO_REUSEPORT on ${name}`
  try {
    await run(binary, [fileURLToPath(probe)], { timeout: PROBE_TIMEOUT_MS })
    return { check, status: 'ok', found: 'two threads share one port; --threading shard works' }
  } catch (error) {
    const { stderr = '' } = error as { stderr?: string }
    // Around it are the line of code, the stack and the version of the runtime.
    const why = /^\w*error(?: \[\w+\])?: .*$/im.exec(stderr)?.[0] ?? ''
    return {
      check,
      status: 'note',
      found: 'threads cannot share a port',
      advice: `use --threading pool, which auto does by itself${why === '' ? '' : ` (${why})`}`,
    }
  }
}

/** Compares two versions such as 22.18.0 by their numbers. */
function isBelow(version: string, least: string): boolean {
  const [have, need] = [version, least].map((text) => text.split('.').map(Number))
  for (const [index, number] of (need as number[]).entries()) {
    const other = have?.[index] ?? 0
    if (other !== number) return other < number
  }
  return false
}
