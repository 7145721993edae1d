/** Looks at the machine: its cores, how many files a process may open, and whether the ports are free. */

import { execFile } from 'node:child_process'
import { connect as connectSocket, createServer } from 'node:net'
import { availableParallelism } from 'node:os'
import { promisify } from 'node:util'
import { connect } from '@greetwire/client'
import { SERVER_OPTIONS_SCHEMA } from '@greetwire/server-core'
import type { Finding } from './finding.ts'

/** A connection takes one descriptor; this many more are the process's own. */
const OWN_DESCRIPTORS = 100
const PING_TIMEOUT_MS = 1_000

/** How many threads can run at once. */
export function coresFinding(): Finding {
  const cores = availableParallelism()
  if (cores > 1) return { check: 'cores', status: 'ok', found: `${cores}, one thread each by default` }
  return {
    check: 'cores',
    status: 'note',
    found: '1',
    advice: 'threads will take turns; nothing runs in parallel here',
  }
}

/** How many files and sockets a process may have open. */
export async function descriptorFinding(): Promise<Finding> {
  const check = 'file descriptors'
  const wanted = (SERVER_OPTIONS_SCHEMA.properties.maxConnections.default as number) + OWN_DESCRIPTORS
  try {
    // A child has the limit of its parent.
    const { stdout } = await promisify(execFile)('sh', ['-c', 'ulimit -n'])
    const limit = stdout.trim()
    if (limit === 'unlimited' || Number(limit) >= wanted) return { check, status: 'ok', found: limit }
    const advice = `${wanted} are needed for the default of --max-connections; run ulimit -n ${wanted}, or lower --max-connections`
    return { check, status: 'note', found: limit, advice }
  } catch {
    return { check, status: 'note', found: 'unknown on this system' }
  }
}

/** Whether a server could listen there, and who does if it could not. */
export async function portFinding(host: string, port: number): Promise<Finding> {
  const check = `port ${port}`
  const code = await refusalToListen(host, port)
  if (code === undefined) return { check, status: 'ok', found: `free on ${host}` }
  if (code !== 'EADDRINUSE') {
    return {
      check,
      status: 'bad',
      found: `cannot be had on ${host}: ${code}`,
      advice: 'choose another --host or --port',
    }
  }
  if (await answersPing(host, port)) return { check, status: 'ok', found: `a Greetwire server listens on ${host}` }
  if (await refusesHttp(host, port))
    return { check, status: 'ok', found: `a Greetwire server listens on ${host}, for plain text` }
  return {
    check,
    status: 'bad',
    found: `in use on ${host}`,
    advice: 'stop the program that listens there, or choose another port (0 picks a free one)',
  }
}

function refusalToListen(host: string, port: number): Promise<string | undefined> {
  const server = createServer()
  return new Promise((resolve) => {
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
    server.listen({ host, port }, () => server.close(() => resolve(undefined)))
  })
}

async function answersPing(host: string, port: number): Promise<boolean> {
  const target = `tcp://${host.includes(':') ? `[${host}]` : host}:${port}`
  try {
    const client = await connect(target, { connectTimeoutMs: PING_TIMEOUT_MS, timeoutMs: PING_TIMEOUT_MS })
    await client.ping()
    await client.close()
    return true
  } catch {
    return false
  }
}

/** Whether the reply to HTTP is that of the plain text protocol (SPEC A.4). */
function refusesHttp(host: string, port: number): Promise<boolean> {
  const socket = connectSocket({ host, port })
  socket.setTimeout(PING_TIMEOUT_MS, () => socket.destroy())
  socket.end('GET /\n')
  return new Promise((resolve) => {
    socket.once('data', (reply) => resolve(reply.toString().startsWith('! PROTOCOL_VIOLATION ')))
    socket.once('error', () => resolve(false))
    socket.once('close', () => resolve(false))
  })
}
