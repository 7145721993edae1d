/**
 * What keeps the hot path fast and does not depend on the speed of the machine: allocations for each frame, writes and clock reads for
 * each chunk. A figure here may get smaller; when one grows, the benchmark says what that costs.
 *
 * Messages for each batch of a pool are guarded where batches are made and answered: packages/server-core/test/thread-engine.test.ts
 * and greeting-thread.test.ts; writes of a port for each of a session in the socket-port.test.ts of both servers.
 */

import type { RequestHandler } from '@greetwire/protocol'
import { describe, expect, it } from 'vitest'
import { ConnectionHost } from '../../packages/server-core/src/connection-host.ts'
import { ThreadCounters } from '../../packages/server-core/src/counters.ts'
import type { Engine } from '../../packages/server-core/src/engine.ts'
import { GuardedGreeter } from '../../packages/server-core/src/guarded-greeter.ts'
import { InlineEngine, type InlineEngineOptions } from '../../packages/server-core/src/inline-engine.ts'
import { resolveServerOptions } from '../../packages/server-core/src/server-options.ts'
import { namesChunk } from '../src/names-chunk.ts'
import { allocatedPerChunk, HANDLERS, runPass } from '../src/pure-connection.ts'
import { median } from '../src/statistics.ts'

const GREETING_BYTES = 17

// Bun tells the size of its heap and buffers as of the last collection; what was allocated since cannot be counted.
describe.skipIf(process.env['TEST_RUNTIME'] === 'bun').each([1, 16, 128])(
  'allocations for a chunk of %d names',
  (depth) => {
    const allocated = (handler: RequestHandler): { heapBytes: number; bufferBytes: number } =>
      allocatedPerChunk(Array.from({ length: 100 }, () => runPass(handler, depth)))

    it('are the same for any number of frames that are greeted by copying bytes, and no buffer', () => {
      const { heapBytes, bufferBytes } = allocated(HANDLERS.copying)
      expect(heapBytes).toBeLessThan(192)
      expect(bufferBytes).toBeLessThan(64)
    })

    it('are the strings of each frame and one output where greetings are asked for', () => {
      const { heapBytes, bufferBytes } = allocated(HANDLERS.asking)
      expect(heapBytes).toBeLessThan(400 + depth * 88)
      expect(bufferBytes).toBeLessThan(64 + depth * GREETING_BYTES)
    })
  },
)

// The same, with all that a shard has between a socket and its greeter.
describe.skipIf(process.env['TEST_RUNTIME'] === 'bun')('a session with a greeter', () => {
  it('allocates the strings of each frame', () => {
    const depth = 128
    const chunks = 64
    const heapBytes = Array.from({ length: 100 }, () => {
      const received = Array.from({ length: chunks }, (_, index) => namesChunk(depth, { firstId: 1 + index * depth }))
      const { events, writes } = session(HANDLERS.asking, new InlineEngine(INLINE))
      const before = process.memoryUsage().heapUsed
      for (const chunk of received) events.data(chunk)
      const grown = process.memoryUsage().heapUsed - before
      expect(writes).toEqual(Array.from({ length: chunks }, () => depth * GREETING_BYTES))
      return grown / (chunks * depth)
    })
    expect(median(heapBytes)).toBeLessThan(88 + 400 / depth)
  })
})

describe('the inline path', () => {
  it.each([1, 16, 128, 5_000])('writes once for a chunk of %d names', (count) => {
    const { events, writes } = session(HANDLERS.asking)
    events.data(namesChunk(count))
    // Output stops at 64 KiB, and goes on when the kernel took that.
    expect(writes).toHaveLength(Math.max(1, Math.ceil((count * GREETING_BYTES) / 65_536)))
    expect(writes.reduce((sum, bytes) => sum + bytes, 0)).toBe(count * GREETING_BYTES)
  })

  it('reads the clock once for a chunk', () => {
    const { events, clock } = session(HANDLERS.copying)
    const before = clock.reads
    events.data(namesChunk(128))
    expect(clock.reads - before).toBe(1)
  })
})

/** What a shard greets with, given a function. */
const INLINE: InlineEngineOptions = {
  greeter: new GuardedGreeter(
    (name) => 'Hello ' + name,
    false,
    { greeted() {}, failed() {} },
    () => {},
  ),
  greeterTimeoutMs: 10_000,
  maxRunning: 1_000,
  defer: queueMicrotask,
}

/** A session on a socket whose kernel takes everything. */
function session(handler: RequestHandler, engine: Engine = engineOf(handler)) {
  const writes: number[] = []
  const clock = { reads: 0 }
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

/** Nothing but the handler. */
function engineOf(handler: RequestHandler): Engine {
  return {
    greetingPrefix: handler.greetingPrefix,
    greet: (_requester, id, name) => handler.greet(id, name),
    cancel: () => undefined,
    abandon: () => {},
    tick: () => {},
  }
}
