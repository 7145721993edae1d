/** Client connections that do nothing, or never read, held by this process. */

import { connect, type Socket } from 'node:net'
import { namesChunk } from './names-chunk.ts'
import type { RunningProcess } from './server-process.ts'

/** Closes connections once it has made sure that the server held them until then; resolves once the server has let go of them. */
export type CloseConnections = () => Promise<void>

/** Opens `count` connections; resolves once the server holds them beside the `own` descriptors that it has without connections. */
export async function openIdle(
  server: Pick<RunningProcess, 'port' | 'descriptors'>,
  count: number,
  own: number,
): Promise<CloseConnections> {
  const { closeAll } = await openSockets(server, count, own)
  return closeAll
}

/**
 * Opens peers that send names without end and never read; resolves once nothing more goes out and the server, which may only have been
 * slow, has nothing more to do.
 */
export async function openNeverReading(
  server: Pick<RunningProcess, 'port' | 'descriptors' | 'cpuSeconds'>,
  count: number,
  own: number,
): Promise<CloseConnections> {
  const { sockets, closeAll } = await openSockets(server, count, own)
  let chunks = 0
  for (const socket of sockets) {
    let firstId = 1
    const send = (): void => {
      do {
        chunks++
        firstId += 1_000
      } while (socket.write(namesChunk(1_000, { firstId })))
    }
    socket.pause().on('drain', send)
    send()
  }
  for (let stands = false; !stands;) {
    const before = { chunks, cpuSeconds: server.cpuSeconds() }
    await new Promise((resolve) => setTimeout(resolve, 1_000))
    // The sweep of its timers goes on.
    stands = chunks === before.chunks && server.cpuSeconds() - before.cpuSeconds < 0.02
  }
  return closeAll
}

/** A hundred at a time, so that none is refused. */
async function openSockets(
  server: Pick<RunningProcess, 'port' | 'descriptors'>,
  count: number,
  own: number,
): Promise<{ sockets: readonly Socket[]; closeAll: CloseConnections }> {
  const held = (): number => server.descriptors() - own
  const sockets: Socket[] = []
  while (sockets.length < count) {
    const group = Array.from({ length: Math.min(100, count - sockets.length) }, () => open(server.port))
    sockets.push(...(await Promise.all(group)))
  }
  await until(() => held() >= count, `The server does not accept ${count} connections`)
  const closeAll = async (): Promise<void> => {
    if (held() < count) throw new Error(`The server let go of connections too early: it holds ${held()} of ${count}`)
    await Promise.all(sockets.map(close))
    await until(() => held() <= 0, `The server does not let go of ${count} connections`)
  }
  return { sockets, closeAll }
}

/** Looks again and again until something is so; rejects if it is not within half a minute. */
async function until(isSo: () => boolean, otherwise: string): Promise<void> {
  const deadline = performance.now() + 30_000
  while (!isSo()) {
    if (performance.now() > deadline) throw new Error(otherwise)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

function open(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('error', reject)
    socket.once('connect', () => resolve(socket))
  })
}

function close(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.once('close', () => resolve())
    socket.resetAndDestroy()
  })
}
