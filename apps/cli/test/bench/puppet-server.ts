/** A server that speaks the protocol and does with each NAME what a test says: greet it, keep it waiting, or end the connection. */

import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { encodeFrame, FrameDecoder, Greeting, Hello, Name, Welcome } from '@greetwire/protocol'
import { onTestFinished } from 'vitest'

/** One NAME. `connection` and `index` count from 0, over all connections and over the names of its connection. */
export interface ReceivedName {
  readonly connection: number
  readonly index: number
  readonly greet: () => void
  readonly reset: () => void
}

/** Starts one and tells its address; it is gone when the test ends. */
export async function puppetServer(onName: (name: ReceivedName) => void): Promise<string> {
  const sockets: Socket[] = []
  const server = createServer((socket) => {
    const connection = sockets.push(socket) - 1
    socket.on('error', () => undefined)
    socket.on('data', framesOf(socket, connection, onName))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  return `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`
}

function framesOf(socket: Socket, connection: number, onName: (name: ReceivedName) => void): (chunk: Buffer) => void {
  const decoder = new FrameDecoder({ maxPayload: 65_535 })
  let names = 0
  const reset = (): void => void socket.resetAndDestroy()
  return (chunk) => {
    decoder.push(chunk)
    for (let frame = decoder.next(); frame && 'type' in frame; frame = decoder.next()) {
      const { type, id } = frame
      if (type === Hello.type) socket.write(encodeFrame(Welcome, WELCOME, 0))
      const greet = (): void => void socket.write(encodeFrame(Greeting, { greeting: 'Hello' }, id))
      if (type === Name.type && !socket.destroyed) onName({ connection, index: names++, greet, reset })
    }
  }
}

const WELCOME = { version: 1, maxName: 1_024, maxPayload: 4_096, maxInFlight: 256, idleTimeoutMs: 0, agent: 'puppet' }
