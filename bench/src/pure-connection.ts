/**
 * The pure connection without sockets, threads or kernel: frames per second, and bytes allocated per frame.
 *
 * `pure-connection.ts` [DEPTH…] runs on whichever runtime starts it and prints one line of JSON for each depth. It uses no timer of
 * the runtime but the clock around each round, so it can be compared between commits within a percent or two.
 */

import { ServerConnection, SERVER_LIMIT_DEFAULTS } from '@greetwire/protocol'
import { namesChunk } from './names-chunk.ts'

/** What one depth gave. */
export interface PureResult {
  readonly depth: number
  readonly framesPerSecond: number
  readonly bytesPerFrame: number
}

const OPTIONS = {
  ...SERVER_LIMIT_DEFAULTS,
  frameTimeoutMs: 10_000,
  stallTimeoutMs: 30_000,
  lingerTimeoutMs: 2_000,
  drainTimeoutMs: 10_000,
  maxAgeMs: 0,
  agent: 'bench',
}

/** Measures chunks of `depth` NAMEs, the best of `rounds` rounds of about `roundMs`. */
export function measurePureConnection(depth: number, { rounds = 9, roundMs = 100, nameBytes = 3 } = {}): PureResult {
  const chunks = 64
  let framesPerSecond = 0
  let bytesPerFrame = Infinity
  for (let round = 0; round < rounds; round++) {
    let frames = 0
    let bytes = 0
    let busyMs = 0
    while (busyMs < roundMs) {
      // Outside the measured part: the chunks, which a socket would bring.
      const received = Array.from({ length: chunks }, (_, index) =>
        namesChunk(depth, { firstId: 1 + index * depth, nameBytes }),
      )
      const connection = newConnection()
      const heapBefore = heapBytes()
      const began = performance.now()
      for (const chunk of received) {
        connection.receive(chunk, 0)
        const output = connection.takeOutput()
        if (output) connection.outputAccepted(output.length, 0)
      }
      busyMs += performance.now() - began
      // A collection in between makes the difference negative; the round's smallest figure is the one without.
      bytes += Math.max(0, heapBytes() - heapBefore)
      frames += chunks * depth
    }
    framesPerSecond = Math.max(framesPerSecond, (frames / busyMs) * 1_000)
    bytesPerFrame = Math.min(bytesPerFrame, bytes / frames)
  }
  return { depth, framesPerSecond: Math.round(framesPerSecond), bytesPerFrame: Math.round(bytesPerFrame) }
}

const prefix = process.env['COPY'] ? { greetingPrefix: new TextEncoder().encode('Hello '), greeted: () => {} } : {}

function newConnection(): ServerConnection {
  return new ServerConnection(
    OPTIONS,
    { ...prefix, greet: (_id, name) => 'Hello ' + name, cancel: () => undefined, abandon: () => {} },
    0,
  )
}

/** Bytes on the JavaScript heap and in buffers beside it. */
function heapBytes(): number {
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

if (import.meta.main) {
  const depths = process.argv.slice(2).map(Number)
  const runtime = process.versions['bun'] === undefined ? 'node' : 'bun'
  for (const depth of depths.length > 0 ? depths : [1, 16, 128]) {
    console.log(JSON.stringify({ runtime, ...measurePureConnection(depth) }))
  }
}
