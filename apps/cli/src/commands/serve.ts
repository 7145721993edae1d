/** `greet serve`: starts a server, says where it listens, and drains it when it is told to stop. */

import type { Server, ServeOptions, TraceEvent } from '@greetwire/server-core'
import { defineCommand } from '../command.ts'
import type { ExitName } from '../exit-codes.ts'
import { type Io, writeLine } from '../io.ts'
import { painter } from '../painter.ts'
import { CURRENT_RUNTIME, findRuntime } from '../runtime-binary.ts'
import { serverOptions } from '../serve/serve-options.ts'
import { SERVE_SCHEMA, type ServeCommandOptions } from '../serve/serve-schema.ts'
import { eventReport, lineReport } from '../serve/server-report.ts'
import { SocketLog } from '../socket-log.ts'

/** The command. */
export const serveCommand = defineCommand({
  name: 'serve',
  usage: 'serve [options]',
  summary: 'start a server',
  schema: SERVE_SCHEMA,
  endsItself: true,
  notes: [
    'SIGINT and SIGTERM stop the server when every request it has taken is answered, with exit code 0; a second one, a quarter of a',
    'second later or more, stops it at once, with exit code 130, as does one that comes before it listens.',
    'A time of 0 turns its timer off: with --drain-timeout 0 a server that stops waits as long as its greeters and clients take.',
    '',
    'With --json, first:',
    '  {"event":"listening","address":"tcp://127.0.0.1:4356","textAddress":"tcp://127.0.0.1:4357","runtime":"node",',
    '   "threading":"shard","threads":2,"pid":123}      textAddress is absent without a plain text port',
    'then, as they happen:',
    '  {"event":"thread-lost","index":0,"loss":"exit"}      loss is exit or hung',
    '  {"event":"thread-ready","index":0}                   another took its place',
    '  {"event":"draining","drainTimeoutMs":10000, …}       with what the server has counted so far',
    '  {"event":"stopped"}',
  ],
  async run(options, _positionals, io) {
    const { runtime = CURRENT_RUNTIME } = options
    return runtime === CURRENT_RUNTIME ? serveHere(options, io) : io.delegate(await findRuntime(runtime, io))
  },
})

async function serveHere(options: ServeCommandOptions, io: Io): Promise<ExitName> {
  const report = options.json ? eventReport(io) : lineReport(io)
  const server = await startUnlessInterrupted(options, io)
  if (!server) return 'interrupted'
  const stop = Promise.withResolvers<void>()
  io.interrupted.addEventListener('abort', () => stop.resolve())
  if (io.interrupted.aborted) stop.resolve()
  try {
    report.listening(server, io.pid).catch(stop.reject)
    server.on('thread-lost', (detail) => void report.threadLost(detail).catch(stop.reject))
    server.on('thread-ready', (detail) => void report.threadReady(detail).catch(stop.reject))
    await stop.promise
    await report.draining(server.stats(), options.drainTimeoutMs)
  } finally {
    await server.close()
  }
  await report.stopped()
  return 'ok'
}

/** A server that listens, or nothing once we are interrupted: a greeter may never end to load. */
async function startUnlessInterrupted(options: ServeCommandOptions, io: Io): Promise<Server | undefined> {
  const { promise: interrupted, resolve } = Promise.withResolvers<undefined>()
  io.interrupted.addEventListener('abort', () => resolve(undefined))
  if (io.interrupted.aborted) resolve(undefined)
  const starting = start(options, io)
  const server = await Promise.race([starting, interrupted])
  // What starts late is nobody's server, and what it fails at nobody's news.
  if (!server) starting.then((late) => late.close()).catch(() => undefined)
  return server
}

async function start(options: ServeCommandOptions, io: Io): Promise<Server> {
  // Each package uses what only its runtime has, so only one of them can be loaded.
  const { serve } = await (CURRENT_RUNTIME === 'bun'
    ? import('@greetwire/server-bun')
    : import('@greetwire/server-node'))
  return serve({ ...(await serverOptions(options)), ...watchers(options, io) })
}

/** Who sees what happens inside: lines for the operator, and with `-v` every stage of every socket. */
function watchers({ verbose }: ServeCommandOptions, { stderr, environment }: Io): Pick<ServeOptions, 'log' | 'trace'> {
  const { red } = painter(stderr, environment)
  const log: ServeOptions['log'] = (level, line) => {
    if (level === 'info' && verbose === 0) return
    void writeLine(stderr, level === 'error' ? red(line) : line)
  }
  if (verbose === 0) return { log }
  const socketLog = new SocketLog(stderr, { frames: verbose > 1, side: 'server', emphasize: red })
  return { log, trace: (event) => socketLog.add({ ...event, socket: socketName(event) }) }
}

/** Connections are counted by each thread and for each protocol. */
function socketName({ thread, protocol, connection }: TraceEvent): string {
  const parts = [
    thread !== undefined && `thread ${thread}`,
    protocol === 'text' && 'text',
    connection && `connection ${connection}`,
  ]
  return parts.filter(Boolean).join(' ')
}
