/**
 * The client against the C limit server: greetings a second by `greetAll` over one connection.
 *
 * `client-rate.ts [SECONDS]` runs on whichever runtime starts it; the server has a core of its own.
 */

import { connect } from '@greetwire/client'
import { requireMachine, wholeNumber } from './command-line.ts'
import { nativeProgram } from './native-programs.ts'
import { startProcess } from './server-process.ts'

/** What was reached. */
export interface ClientRate {
  readonly perSecond: number
  /** Greetings for each second of this process's CPU time. */
  readonly perCpuSecond: number
}

/** Greets for `seconds` after a second of warm-up. */
export async function measureClient(port: number, seconds: number): Promise<ClientRate> {
  await using client = await connect(`tcp://127.0.0.1:${port}`, { timeoutMs: 0, maxInFlight: 4_096 })
  await greetFor(client, 1_000)
  const cpu = process.cpuUsage()
  const began = performance.now()
  const greeted = await greetFor(client, seconds * 1_000)
  const elapsed = (performance.now() - began) / 1e3
  const { user, system } = process.cpuUsage(cpu)
  return { perSecond: Math.round(greeted / elapsed), perCpuSecond: Math.round(greeted / ((user + system) / 1e6)) }
}

async function greetFor(client: Awaited<ReturnType<typeof connect>>, milliseconds: number): Promise<number> {
  const end = performance.now() + milliseconds
  let greeted = 0
  for await (const { greeting } of client.greetAll(namesUntil(end), { concurrency: 1_024 })) {
    if (greeting !== 'Hello Ada') throw new Error(`The server answered ${greeting}`)
    greeted++
  }
  return greeted
}

function* namesUntil(end: number): Generator<string> {
  while (performance.now() < end) for (let index = 0; index < 256; index++) yield 'Ada'
}

if (import.meta.main) {
  const seconds = wholeNumber('SECONDS', process.argv[2], 1, 2)
  requireMachine()
  const server = await startProcess({ command: await nativeProgram('limit-server'), words: [], cores: '0' })
  const rate = await measureClient(server.port, seconds)
  const runtime = process.versions['bun'] === undefined ? 'node' : 'bun'
  console.log(JSON.stringify({ runtime, ...rate }))
  await server.stop()
}
