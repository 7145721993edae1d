/** ws: one text message in, one out. */

import type { AddressInfo } from 'node:net'
import { type WebSocket, WebSocketServer } from 'ws'
import { announce } from './announce.ts'

const server: WebSocketServer = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false }, () =>
  announce((server.address() as AddressInfo).port),
)
server.on('connection', (socket: WebSocket) => {
  socket.on('message', (name: Buffer) => socket.send(`Hello ${name.toString()}`))
  socket.on('error', () => {})
})
