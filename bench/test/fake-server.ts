/** A server in this process that behaves as a test needs it. */

import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'

/** Listens on loopback until the test ends; returns the port. */
export async function fakeServer(serve: (socket: Socket) => void): Promise<number> {
  const server = createServer((socket) => {
    // The load ends whenever its time is over.
    socket.on('error', () => {})
    onTestFinished(() => void socket.destroy())
    serve(socket)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return (server.address() as AddressInfo).port
}

/** Calls back for each whole NAME frame; what it returns is sent. */
export function onNames(socket: Socket, answer: (frame: Buffer) => Buffer | undefined): void {
  let kept = Buffer.alloc(0)
  socket.on('data', (chunk: Buffer) => {
    kept = Buffer.concat([kept, chunk])
    while (kept.length >= 8 && kept.length >= 8 + kept.readUIntBE(0, 3)) {
      const length = 8 + kept.readUIntBE(0, 3)
      const answered = answer(kept.subarray(0, length))
      kept = kept.subarray(length)
      if (answered) socket.write(answered)
    }
  })
}

/** The GREETING for a NAME frame. */
export function greeting(frame: Buffer): Buffer {
  const payload = Buffer.concat([Buffer.from('Hello '), frame.subarray(8)])
  const header = Buffer.alloc(8)
  header.writeUIntBE(payload.length, 0, 3)
  header[3] = 0x04
  frame.copy(header, 4, 4, 8)
  return Buffer.concat([header, payload])
}
