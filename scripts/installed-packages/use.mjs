/** What somebody writes who installed the packages: a frame, a server, a client. Runs on Node and on Bun. */

import assert from 'node:assert/strict'
import { connect } from '@greetwire/client'
import { decodePayload, encodeFrame, FrameDecoder, Name } from '@greetwire/protocol'

const isBun = process.versions.bun !== undefined
const { serve } = await import(isBun ? '@greetwire/server-bun' : '@greetwire/server-node')

const decoder = new FrameDecoder()
decoder.push(encodeFrame(Name, { name: 'Ada' }, 7))
const frame = decoder.next()
assert.deepEqual([frame.id, decodePayload(Name, frame.payload)], [7, { name: 'Ada' }])

for (const threading of ['pool', 'auto']) {
  const server = await serve({ port: 0, threads: 2, threading, greeter: (name) => 'Hi ' + name })
  assert.equal(server.runtime, isBun ? 'bun' : 'node')
  const client = await connect(server.address)
  assert.equal(await client.greet('Ada'), 'Hi Ada')
  await client.close()
  await server.close()
}
