/**
 * What keeps the hot path fast and does not depend on the speed of the machine: allocations for each frame, writes for each chunk,
 * messages for each batch. A figure here may get smaller; when one grows, the benchmark says what that costs.
 */

import { getHeapStatistics } from 'node:v8'
import { ServerConnection, SERVER_LIMIT_DEFAULTS, type RequestHandler } from '@greetwire/protocol'
import { describe, expect, it } from 'vitest'
import { ConnectionHost } from '../../packages/server-core/src/connection-host.ts'
import { ThreadCounters } from '../../packages/server-core/src/counters.ts'
import type { Engine } from '../../packages/server-core/src/engine.ts'
import { BUILT_IN_PREFIX } from '../../packages/server-core/src/load-greeter.ts'
import { resolveServerOptions } from '../../packages/server-core/src/server-options.ts'
import { namesChunk } from '../src/names-chunk.ts'

const DEPTH = 128

const asking: RequestHandler = {
  greet: (_id, name) => 'Hello ' + name,
  cancel: () => undefined,
  abandon: () => {},
}

const copying: RequestHandler = { ...asking, greetingPrefix: BUILT_IN_PREFIX, greeted: () => {} }

/** Bytes that V8 allocated on its heap for each frame, once the code is compiled: the least of several rounds. */
function allocatedPerFrame(handler: RequestHandler): number {
  const chunks = Array.from({ length: 400 }, (_, index) => namesChunk(DEPTH, { firstId: 1 + index * DEPTH }))
  let least = Infinity
  for (let round = 0; round < 12; round++) {
    const connection = new ServerConnection(CONNECTION_OPTIONS, handler, 0)
    const before = totalAllocated()
    for (const chunk of chunks) {
      connection.receive(chunk, 0)
      const output = connection.takeOutput()
      if (output) connection.outputAccepted(output.length, 0)
    }
    least = Math.min(least, (totalAllocated() - before) / (chunks.length * DEPTH))
  }
  return least
}

describe('the inline path', () => {
  it('allocates no object for a frame that is greeted by copying bytes', () => {
    expect(allocatedPerFrame(copying)).toBeLessThan(8)
  })

  it('allocates nothing but its strings for a frame whose greeting is asked for', () => {
    expect(allocatedPerFrame(asking)).toBeLessThan(100)
  })

  it.each([1, 16, 128, 5_000])('writes once for a chunk of %d names', (count) => {
    const { events, writes } = session(asking)
    events.data(namesChunk(count))
    // Output stops at 64 KiB, and goes on when the kernel took that.
    expect(writes).toHaveLength(Math.max(1, Math.ceil((count * 17) / 65_536)))
    expect(writes.reduce((sum, bytes) => sum + bytes, 0)).toBe(count * 17)
  })

  it('reads the clock once for a chunk', () => {
    const { events, clock } = session(copying)
    const before = clock.reads
    events.data(namesChunk(DEPTH))
    expect(clock.reads - before).toBe(1)
  })
})

const CONNECTION_OPTIONS = {
  ...SERVER_LIMIT_DEFAULTS,
  frameTimeoutMs: 10_000,
  stallTimeoutMs: 30_000,
  lingerTimeoutMs: 2_000,
  drainTimeoutMs: 10_000,
  maxAgeMs: 0,
  agent: 'bench',
}

function totalAllocated(): number {
  return (getHeapStatistics() as { total_allocated_bytes?: number }).total_allocated_bytes as number
}

/** A session on a socket whose kernel takes everything. */
function session(handler: RequestHandler) {
  const writes: number[] = []
  const clock = { reads: 0 }
  const engine: Engine = {
    greetingPrefix: handler.greetingPrefix,
    greet: (_requester, id, name) => handler.greet(id, name),
    cancel: () => undefined,
    abandon: () => {},
    tick: () => {},
  }
  const host = new ConnectionHost({
    options: resolveServerOptions({}, 1),
    countOpen: () => 0,
    engine,
    counters: new ThreadCounters(),
    log: () => {},
    now: () => ++clock.reads,
    random: () => 0,
  })
  const port = {
    write(bytes: Uint8Array) {
      writes.push(bytes.length)
      return bytes.length
    },
    pause() {},
    resume() {},
    halfClose() {},
    close() {},
    reset() {},
  }
  return { events: host.accept(port, 'framed'), writes, clock }
}
