/** Runs the load generator against a port. */

import { execFile, type ExecFileException } from 'node:child_process'
import { promisify } from 'node:util'
import { nativeProgram } from './native-programs.ts'

/** What kind of load; every default is that of the program. */
export interface LoadOptions {
  readonly protocol?: string
  readonly connections?: number
  readonly depth?: number
  readonly nameBytes?: number
  readonly nonAscii?: 0 | 1
  readonly seconds?: number
  readonly warmup?: number
  /** Requests per second over all connections; 0 is a closed loop. */
  readonly rate?: number
  readonly churn?: 0 | 1
  readonly idle?: number
  /** Whether the load never sleeps, so that no server pays for waking it. It wants a core of its own. */
  readonly spin?: 0 | 1
  /** The processes of the server, with commas between. */
  readonly serverPids?: string
}

/** What came back. Times are microseconds. */
export interface LoadResult {
  /** Requests that were answered. */
  readonly requests: number
  /** Requests that were out or due at the end; their latency is the time until then. Undefined where it is not known. */
  readonly unanswered: number | undefined
  readonly seconds: number
  readonly perSecond: number
  readonly errors: number
  /** The share of the time in which the load generator had something to do; undefined where it does not say. */
  readonly loadBusy: number | undefined
  /** How many cores the server used while it was measured; 0 if its processes are not known. */
  readonly serverCpu: number
  /** Undefined where only other figures than percentiles are known. */
  readonly latencyUs: LatencyUs | undefined
}

/** Percentiles in microseconds. */
export type LatencyUs = Readonly<Record<'p50' | 'p75' | 'p90' | 'p99' | 'p999' | 'p9999' | 'max', number>>

/** Runs the load, pinned to `cores`. Rejects if a reply was wrong, a connection was lost, or nothing was answered. */
export async function runLoad(port: number, options: LoadOptions, cores: string): Promise<LoadResult> {
  const words = Object.entries({ port, ...options }).flatMap(([name, value]) => [
    `--${name.replaceAll(/[A-Z]/g, (capital) => `-${capital.toLowerCase()}`)}`,
    String(value),
  ])
  const program = await nativeProgram('load')
  try {
    const { stdout } = await promisify(execFile)('taskset', ['--cpu-list', cores, program, ...words])
    return JSON.parse(stdout) as LoadResult
  } catch (error) {
    const { code, stderr } = error as ExecFileException & { stderr?: string }
    throw Object.assign(new Error(stderr?.split('\n')[0] || String(error)), { code, stderr })
  }
}
