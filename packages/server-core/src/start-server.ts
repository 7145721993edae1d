/** Starts a server: checks the options, decides on the threading model, and opens the ports. */

import { UsageError } from '@greetwire/protocol'
import { greeterSource } from './greeter-source.ts'
import { type Log, logText } from './log.ts'
import { startPool } from './pool-server.ts'
import type { Runtime } from './runtime.ts'
import { resolveServerOptions, type ServerOptions } from './server-options.ts'
import type { ServerStart } from './server-start.ts'
import type { ServeOptions, Server } from './server.ts'
import type { Trace } from './socket-trace.ts'
import { startShards } from './shard-server.ts'

/**
 * Starts a server.
 *
 * Throws UsageError for an option or a greeter that cannot be, and ListenError for a port that cannot be had. Whatever was started
 * by then is ended.
 */
export async function startServer(runtime: Runtime, given: ServeOptions, defaultLog: Log): Promise<Server> {
  const { greeter, log: givenLog = defaultLog, trace: givenTrace, ...rest } = given
  const resolved = resolveServerOptions(rest, runtime.cores)
  const { unix } = resolved
  const options = unix === undefined ? resolved : { ...resolved, unix: runtime.absolutePath(unix) }
  const log = harmlessLog(givenLog)
  const trace = givenTrace && harmlessTrace(givenTrace, log)
  const start: ServerStart = { runtime, options, greeter: greeterSource(greeter), log, trace }
  return (await usesShards(start)) ? startShards(start) : startPool(start)
}

/** A greeter of the user's may be expensive, and the pool spreads one connection's requests; the built-in one never is. */
async function usesShards({ runtime, options, greeter }: ServerStart): Promise<boolean> {
  const { threading } = options
  if (threading === 'pool') return false
  const obstacle = await obstacleToShards(runtime, options)
  if (threading === 'auto') return obstacle === undefined && greeter.kind === 'built-in'
  if (obstacle !== undefined) throw new UsageError(`Cannot use threading "shard": ${obstacle}; use "pool" or "auto"`)
  return true
}

async function obstacleToShards(runtime: Runtime, { unix }: ServerOptions): Promise<string | undefined> {
  if (unix !== undefined) return 'only one thread can listen on a socket path'
  if (await runtime.canSharePort()) return undefined
  return 'this system cannot share a port between threads (SO_REUSEPORT)'
}

/**
 * A log that throws must not take the server down; there is nobody left to tell. What a greeter threw may hold anything, and still
 * makes one line.
 */
function harmlessLog(log: Log): Log {
  return (level, line) => {
    try {
      log(level, logText(line))
    } catch {}
  }
}

/** A trace that throws is told in the log once, because it would throw at every stage of every socket. */
function harmlessTrace(trace: Trace, log: Log): Trace {
  let told = false
  return (event) => {
    try {
      trace(event)
    } catch (error) {
      if (!told) log('error', `The trace threw: ${String(error)}`)
      told = true
    }
  }
}
