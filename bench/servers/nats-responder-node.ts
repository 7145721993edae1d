/** A service behind a NATS server: greets what comes on `greet`. Usage: nats-responder-node.ts PORT. */

import { connect } from 'nats'
import { announce } from './announce.ts'

const port = Number(process.argv[2])
const connection = await connect({ servers: `nats://127.0.0.1:${port}` })
const encoder = new TextEncoder()
connection.subscribe('greet', {
  callback: (error, message) => {
    if (!error) message.respond(encoder.encode(`Hello ${message.string()}`))
  },
})
await connection.flush()
announce(port)
