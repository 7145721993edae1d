/**
 * Loads a gRPC server with h2load, which speaks HTTP/2; the message is fixed, as everywhere here. h2load looks at the HTTP status
 * alone, and gRPC reports its errors behind it: so one call is verified before, and the bytes of all replies are counted after.
 */

import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { message, sayHello } from './grpc-call.ts'
import type { LoadOptions, LoadResult } from './load.ts'
import type { RunningProcess } from './server-process.ts'

/** At depth 128 a server has half a second of work before it, so less would be a few batches. */
const SECONDS = 5
const WARMUP_SECONDS = 1

/** Runs h2load with as many streams at once per connection as `depth` says, for five seconds whatever the options say. */
export async function runH2load(server: RunningProcess, options: LoadOptions, cores: string): Promise<LoadResult> {
  const { connections = 64, depth = 16, nameBytes = 3 } = options
  const name = 'A'.repeat(nameBytes)
  await sayHello(server.port, name)
  const folder = await mkdtemp(path.join(tmpdir(), 'greetwire-bench-'))
  try {
    const body = path.join(folder, 'request')
    await writeFile(body, message(name))
    const words = [
      '--cpu-list',
      cores,
      'h2load',
      `--clients=${connections}`,
      `--max-concurrent-streams=${depth}`,
      `--duration=${SECONDS}`,
      `--warm-up-time=${WARMUP_SECONDS}`,
      `--data=${body}`,
      '--header=content-type: application/grpc',
      '--header=te: trailers',
      `http://127.0.0.1:${server.port}/helloworld.Greeter/SayHello`,
    ]
    const before = server.cpuSeconds()
    const { stdout } = await promisify(execFile)('taskset', words)
    const result = parseH2load(stdout, message(`Hello ${name}`).length)
    // The server was under the same load while h2load warmed up.
    const serverCpu = (server.cpuSeconds() - before) / (result.seconds + WARMUP_SECONDS)
    return { ...result, serverCpu }
  } finally {
    await rm(folder, { recursive: true })
  }
}

/**
 * What h2load printed. The time it says it took contains the warm-up, its rate does not. Throws if requests failed, or if there are
 * fewer bytes than the replies to them have.
 */
export function parseH2load(output: string, replyBytes: number): Omit<LoadResult, 'serverCpu'> {
  const [, perSecond] = /finished in [\d.]+m?s, ([\d.]+) req\/s/.exec(output) ?? []
  const [, succeeded, failed, errored] = /(\d+) succeeded, (\d+) failed, (\d+) errored/.exec(output) ?? []
  const [, bytes] = /\((\d+)\) data/.exec(output) ?? []
  const requests = Number(succeeded)
  const isWhole = requests > 0 && Number(failed) === 0 && Number(errored) === 0
  if (!isWhole || perSecond === undefined || !(Number(bytes) >= requests * replyBytes)) {
    throw new Error(`h2load failed: ${output}`)
  }
  return {
    requests,
    unanswered: undefined,
    seconds: requests / Number(perSecond),
    perSecond: Number(perSecond),
    errors: 0,
    loadBusy: undefined,
    // It prints a mean and a deviation, no percentiles.
    latencyUs: undefined,
  }
}
