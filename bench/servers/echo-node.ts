/** The bare echo of Node: no protocol, no greeter, the least that a server on `node:net` can do. */

import net from 'node:net'
import { announce } from './announce.ts'

const server = net.createServer({ noDelay: true }, (socket) => {
  socket.on('data', (chunk) => socket.write(chunk))
  socket.on('error', () => {})
})
server.listen({ host: '127.0.0.1', port: 0, backlog: 4_096 }, () =>
  announce((server.address() as net.AddressInfo).port),
)
