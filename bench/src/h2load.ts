/** Loads a gRPC server with h2load, which speaks HTTP/2; the message is fixed, as everywhere here. */

import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import type { LoadOptions, LoadResult } from './load.ts'
import type { RunningProcess } from './server-process.ts'

const WARMUP_SECONDS = 1

/** Runs h2load with as many streams at once per connection as `depth` says. */
export async function runH2load(server: RunningProcess, options: LoadOptions, cores: string): Promise<LoadResult> {
  const { connections = 64, depth = 16, nameBytes = 3, seconds = 1 } = options
  const folder = await mkdtemp(path.join(tmpdir(), 'greetwire-bench-'))
  try {
    const body = path.join(folder, 'request')
    await writeFile(body, helloRequest('A'.repeat(nameBytes)))
    const words = [
      '--cpu-list',
      cores,
      'h2load',
      `--clients=${connections}`,
      `--max-concurrent-streams=${depth}`,
      `--duration=${Math.max(1, Math.round(seconds))}`,
      `--warm-up-time=${WARMUP_SECONDS}`,
      `--data=${body}`,
      '--header=content-type: application/grpc',
      '--header=te: trailers',
      `http://127.0.0.1:${server.port}/helloworld.Greeter/SayHello`,
    ]
    const before = server.cpuSeconds()
    const { stdout } = await promisify(execFile)('taskset', words)
    const result = parse(stdout)
    // The server was under the same load while h2load warmed up.
    const serverCpu = (server.cpuSeconds() - before) / (result.seconds + WARMUP_SECONDS)
    return { ...result, serverCpu }
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** A HelloRequest with one string field, behind the five bytes that gRPC puts before a message. */
function helloRequest(name: string): Uint8Array {
  const text = new TextEncoder().encode(name)
  const length = text.length < 128 ? [text.length] : [(text.length & 0x7f) | 0x80, text.length >> 7]
  const message = [0x0a, ...length, ...text]
  return Uint8Array.from([0, 0, 0, message.length >> 8, message.length & 0xff, ...message])
}

/** What h2load printed. The time it says it took contains the warm-up, its rate does not. */
function parse(output: string): Omit<LoadResult, 'serverCpu'> {
  const [, perSecond] = /finished in [\d.]+m?s, ([\d.]+) req\/s/.exec(output) ?? []
  const [, requests, failed] = /(\d+) succeeded, (\d+) failed/.exec(output) ?? []
  if (perSecond === undefined || Number(failed) > 0) throw new Error(`h2load failed: ${output}`)
  return {
    requests: Number(requests),
    unanswered: undefined,
    seconds: Number(requests) / Number(perSecond),
    perSecond: Number(perSecond),
    errors: 0,
    loadBusy: undefined,
    // It prints a mean and a deviation, no percentiles.
    latencyUs: undefined,
  }
}
