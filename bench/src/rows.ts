/** Every server that is put under load: ours, the control rows, and peers that do the same job. */

import { execFileSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { runH2load } from './h2load.ts'
import { type LoadOptions, type LoadResult, runLoad } from './load.ts'
import { nativeProgram } from './native-programs.ts'
import { startNats, startRedis } from './peer-processes.ts'
import { isInstalled } from './requirements.ts'
import { type Command, type RunningProcess, startProcess } from './server-process.ts'

/** One row of a table. */
export interface Row {
  readonly name: string
  readonly text: string
  /** Why it cannot run here, or undefined. */
  missing(): string | undefined
  start(cores: string | undefined): Promise<RunningProcess>
  load(server: RunningProcess, options: LoadOptions, cores: string): Promise<LoadResult>
}

/** The path of the Node that runs this. */
export const NODE = process.execPath

let knownBunPath: string | undefined

/** The path of Bun itself, not of a shim, which would be a process more. Throws if it is not installed. */
export function bunPath(): string {
  knownBunPath ??= execFileSync('bun', ['-p', 'process.execPath'], { encoding: 'utf8' }).trim()
  return knownBunPath
}

/** The program of a runtime. */
export function programOf(runtime: 'node' | 'bun'): string {
  return runtime === 'node' ? NODE : bunPath()
}

/** A server of ours. */
export function ourRow(
  runtime: 'node' | 'bun',
  threading: 'shard' | 'pool',
  greeter: string,
  threads = 1,
  env: Command['env'] = {},
): Row {
  return scriptRow(
    `${runtime}-${threading}-${greeter}${threads === 1 ? '' : `-${threads}`}`,
    `Greetwire on ${runtime === 'node' ? 'Node' : 'Bun'}, ${threading}, ${threads} thread${threads === 1 ? '' : 's'}, ${greeter} greeter`,
    runtime,
    `greet-${runtime}.ts`,
    [threading, String(threads), greeter],
    'greet',
    env,
  )
}

/** All rows but ours. */
export const CONTROL_AND_PEER_ROWS: readonly Row[] = [
  {
    name: 'limit',
    text: 'C, epoll, one thread, the same frames: the limit',
    missing: () => (isInstalled('gcc') ? undefined : 'gcc is not installed'),
    start: async (cores) => startProcess({ command: await nativeProgram('limit-server'), words: [], cores }),
    load: loadOf('greet'),
  },
  scriptRow('echo-node', 'Node, bare echo, no protocol', 'node', 'echo-node.ts', [], 'echo'),
  scriptRow('echo-bun', 'Bun, bare echo, no protocol', 'bun', 'echo-bun.ts', [], 'echo'),
  {
    name: 'redis',
    text: 'Redis ECHO',
    missing: () => (isInstalled('redis-server') ? undefined : 'redis-server is not installed (Debian: redis-server)'),
    start: startRedis,
    load: loadOf('redis'),
  },
  {
    name: 'nats',
    text: 'NATS request/reply, responder on Node with nats.js',
    missing: () =>
      isInstalled('nats-server') ? packageMissing('nats') : 'nats-server is not installed (Debian: nats-server)',
    start: startNats,
    load: loadOf('nats'),
  },
  {
    ...scriptRow('grpc', 'grpc-js SayHello', 'node', 'grpc-node.ts', [], 'grpc'),
    missing: () =>
      isInstalled('h2load') ? packageMissing('@grpc/grpc-js') : 'h2load is not installed (Debian: nghttp2-client)',
    load: runH2load,
  },
  { ...scriptRow('ws', 'ws, text messages', 'node', 'ws-node.ts', [], 'ws'), missing: () => packageMissing('ws') },
  {
    ...scriptRow(
      'piscina',
      'node:net with our frames, each name through piscina',
      'node',
      'piscina-node.ts',
      [],
      'greet',
    ),
    missing: () => packageMissing('piscina'),
  },
]

/** The row with this name, ours included. */
export function rowCalled(name: string): Row {
  const row = CONTROL_AND_PEER_ROWS.find((each) => each.name === name)
  if (row) return row
  const [runtime, threading, ...rest] = name.split('-') as ['node' | 'bun', 'shard' | 'pool', ...string[]]
  const threads = Number(rest.at(-1))
  return Number.isNaN(threads)
    ? ourRow(runtime, threading, rest.join('-'))
    : ourRow(runtime, threading, rest.slice(0, -1).join('-'), threads)
}

function scriptRow(
  name: string,
  text: string,
  runtime: 'node' | 'bun',
  script: string,
  words: readonly string[],
  protocol: string,
  env: Command['env'] = {},
): Row {
  const path = fileURLToPath(new URL(`../servers/${script}`, import.meta.url))
  return {
    name,
    text,
    missing: () => (runtime === 'node' || isInstalled('bun') ? undefined : 'bun is not installed'),
    start: (cores) => startProcess({ command: programOf(runtime), words: [path, ...words], env, cores }),
    load: loadOf(protocol),
  }
}

/** The load generator in this protocol, unless the load names another. */
export function loadOf(protocol: string): Row['load'] {
  return ({ port, pids }, options, cores) => runLoad(port, { protocol, ...options, serverPids: pids.join(',') }, cores)
}

function packageMissing(name: string): string | undefined {
  try {
    createRequire(import.meta.url).resolve(name)
    return undefined
  } catch {
    return `the package ${name} is not installed`
  }
}
