/** Time from the start of a server process to its first greeting. */

import { connect } from 'node:net'
import { namesChunk } from './names-chunk.ts'
import { ourRow } from './rows.ts'

/** Starts the server five times; returns the times in milliseconds. */
export async function measureStartUp(runtime: 'node' | 'bun'): Promise<number[]> {
  const times: number[] = []
  for (let round = 0; round < 5; round++) {
    const began = performance.now()
    const server = await ourRow(runtime, 'shard', 'built-in').start(undefined)
    await firstGreeting(server.port)
    times.push(performance.now() - began)
    await server.stop()
  }
  return times
}

/** Sends one NAME and waits for the first byte of its greeting. */
export function firstGreeting(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(namesChunk(1)))
    socket.once('error', reject)
    socket.once('data', () => {
      socket.destroy()
      resolve()
    })
  })
}
