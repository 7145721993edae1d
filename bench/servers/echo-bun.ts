/** The bare echo of Bun: no protocol, no greeter, the least that a server on `Bun.listen` can do. */

import { announce } from './announce.ts'

const tails = new Map<unknown, Uint8Array>()
const server = Bun.listen({
  hostname: '127.0.0.1',
  port: 0,
  socket: {
    data(socket, chunk) {
      const tail = tails.get(socket)
      const bytes = tail ? Buffer.concat([tail, chunk]) : chunk
      const taken = socket.write(bytes)
      if (taken < bytes.length) tails.set(socket, bytes.subarray(taken))
      else if (tail) tails.delete(socket)
    },
    drain(socket) {
      const tail = tails.get(socket)
      if (!tail) return
      const taken = socket.write(tail)
      if (taken < tail.length) tails.set(socket, tail.subarray(taken))
      else tails.delete(socket)
    },
    close: (socket) => void tails.delete(socket),
  },
})
announce(server.port)
