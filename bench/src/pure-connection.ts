/**
 * The pure connection without sockets, threads or kernel: frames per second, and bytes allocated per frame.
 *
 * `pure-connection.ts` [DEPTH…] runs on whichever runtime starts it and prints one line of JSON for each depth and handler. It uses no
 * timer of the runtime but the clock around each pass, so it can be compared between commits within a percent or two.
 */

import { type RequestHandler, ServerConnection, SERVER_LIMIT_DEFAULTS } from '@greetwire/protocol'
import { wholeNumber } from './command-line.ts'
import { namesChunk } from './names-chunk.ts'
import { median } from './statistics.ts'

/** How a connection gets its greetings. */
export const HANDLERS = {
  asking: { greet: (_id, name) => 'Hello ' + name, cancel: () => undefined, abandon: () => {} },
  copying: {
    greetingPrefix: new TextEncoder().encode('Hello '),
    greeted: () => {},
    greet: (_id, name) => 'Hello ' + name,
    cancel: () => undefined,
    abandon: () => {},
  },
} as const satisfies Record<string, RequestHandler>

/** What one pass of a connection over its chunks took. */
export interface Pass {
  readonly chunks: number
  readonly busyMs: number
  /** How much the JavaScript heap grew, and the memory of buffers, which is not in it; less where a collection came in between. */
  readonly heapBytes: number
  readonly bufferBytes: number
}

/** One connection that is read from at once judges some chunks of `depth` NAMEs each. */
export function runPass(handler: RequestHandler, depth: number, nameBytes = 3): Pass {
  // Few enough that most passes end before a collection, and enough that memory cut from larger pieces is seen.
  const chunks = Math.ceil(Math.min(1_024, 8_192 / depth))
  // Outside the measured part: the chunks, which a socket would bring.
  const received = Array.from({ length: chunks }, (_, index) =>
    namesChunk(depth, { firstId: 1 + index * depth, nameBytes }),
  )
  const connection = new ServerConnection(OPTIONS, handler, 0)
  const before = process.memoryUsage()
  const began = performance.now()
  for (const chunk of received) {
    connection.receive(chunk, 0)
    const output = connection.takeOutput()
    if (!output) continue
    connection.releaseOutput(output)
    connection.outputAccepted(output.length, 0)
  }
  const busyMs = performance.now() - began
  const after = process.memoryUsage()
  return {
    chunks,
    busyMs,
    heapBytes: after.heapUsed - before.heapUsed,
    bufferBytes: after.arrayBuffers - before.arrayBuffers,
  }
}

/**
 * Bytes allocated for each chunk: of the pass in the middle, so that neither the passes with a collection, which seem to take less
 * than nothing, nor the first ones, which compile, say anything. Only on Node: Bun tells the size of its heap as of the last collection.
 */
export function allocatedPerChunk(passes: readonly Pass[]): {
  readonly heapBytes: number
  readonly bufferBytes: number
} {
  return {
    heapBytes: median(passes.map(({ heapBytes, chunks }) => heapBytes / chunks)),
    bufferBytes: median(passes.map(({ bufferBytes, chunks }) => bufferBytes / chunks)),
  }
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

/** Prints the best of nine rounds of about a tenth of a second, and what the pass in the middle allocated. */
function measure(handler: keyof typeof HANDLERS, depth: number): void {
  const passes: Pass[] = []
  let framesPerSecond = 0
  for (let round = 0; round < 9; round++) {
    let frames = 0
    let busyMs = 0
    while (busyMs < 100) {
      const pass = runPass(HANDLERS[handler], depth)
      passes.push(pass)
      frames += pass.chunks * depth
      busyMs += pass.busyMs
    }
    framesPerSecond = Math.max(framesPerSecond, Math.round((frames / busyMs) * 1_000))
  }
  const runtime = process.versions['bun'] === undefined ? 'node' : 'bun'
  const { heapBytes, bufferBytes } = allocatedPerChunk(passes)
  const perFrame = (bytes: number): number => Math.round((bytes / depth) * 10) / 10
  const allocated =
    runtime === 'node' ? { heapBytesPerFrame: perFrame(heapBytes), bufferBytesPerFrame: perFrame(bufferBytes) } : {}
  console.log(JSON.stringify({ runtime, handler, depth, framesPerSecond, ...allocated }))
}

if (import.meta.main) {
  const depths = process.argv.slice(2).map((word) => wholeNumber('DEPTH', word, 1, 1))
  for (const depth of depths.length > 0 ? depths : [1, 16, 128]) {
    for (const handler of ['asking', 'copying'] as const) measure(handler, depth)
  }
}
