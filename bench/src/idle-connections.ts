/** Client connections that do nothing, or never read, held by this process. */

import { connect, type Socket } from 'node:net'
import { namesChunk } from './names-chunk.ts'

/** Opens `count` connections, a hundred at a time; the returned function closes them. */
export async function openIdle(port: number, count: number): Promise<() => Promise<void>> {
  const sockets: Socket[] = []
  while (sockets.length < count) {
    const group = Array.from({ length: Math.min(100, count - sockets.length) }, () => open(port))
    sockets.push(...(await Promise.all(group)))
  }
  return async () => {
    await Promise.all(sockets.map(close))
  }
}

/** A peer that sends names without end and never reads; resolves once nothing more goes out, with the bytes that did. */
export async function openNeverReading(port: number): Promise<{ sentBytes: number; close(): Promise<void> }> {
  const socket = await open(port)
  socket.pause()
  let firstId = 1
  for (let sends = true; sends;) {
    const chunk = namesChunk(1_000, { firstId })
    firstId += 1_000
    if (!socket.write(chunk)) sends = await Promise.race([drained(socket), quiet()])
  }
  return { sentBytes: socket.bytesWritten - socket.writableLength, close: () => close(socket) }
}

const drained = (socket: Socket): Promise<boolean> =>
  new Promise((resolve) => socket.once('drain', () => resolve(true)))
/** The server is taken to have stopped reading after a second without progress. */
const quiet = (): Promise<boolean> => new Promise((resolve) => setTimeout(resolve, 1_000, false))

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
