/** What one would build for CPU-heavy greeters without our pool: our frames over node:net, each name a task of piscina. */

import net from 'node:net'
import { decodePayload, encodeFrame, FrameDecoder, Greeting, Name, Violation } from '@greetwire/protocol'
import { Piscina } from 'piscina'
import { announce } from './announce.ts'

const pool = new Piscina({
  filename: new URL('piscina-thread.mjs', import.meta.url).href,
  minThreads: 1,
  maxThreads: 1,
  concurrentTasksPerWorker: 64,
  maxQueue: 1_000_000,
})

const server = net.createServer({ noDelay: true }, (socket) => {
  const decoder = new FrameDecoder()
  socket.on('error', () => {})
  socket.on('data', (chunk: Buffer) => {
    decoder.push(chunk)
    for (let frame = decoder.next(); frame; frame = decoder.next()) {
      if (frame instanceof Violation) return socket.destroy()
      const message = decodePayload(Name, frame.payload)
      if ('name' in message) void answer(socket, frame.id, message.name)
    }
    return undefined
  })
})

async function answer(socket: net.Socket, id: number, name: string): Promise<void> {
  const greeting = (await pool.run(name)) as string
  if (!socket.destroyed) socket.write(encodeFrame(Greeting, { greeting }, id))
}

server.listen({ host: '127.0.0.1', port: 0, backlog: 4_096 }, () =>
  announce((server.address() as net.AddressInfo).port),
)
