import { describe, expect, it } from 'vitest'
import { ConnectionHost } from '../src/connection-host.ts'
import { ThreadCounters } from '../src/counters.ts'
import { resolveServerOptions } from '../src/server-options.ts'

const nothing = (): void => {}

/** Sweeps a host with one connection whose frame is begun; tells whether the frame has timed out by then. */
function sweepOverBegunFrame(): (now: number) => boolean {
  let clock = 0
  const counters = new ThreadCounters()
  const host = new ConnectionHost({
    options: resolveServerOptions({ frameTimeoutMs: 800, lingerTimeoutMs: 0 }, 1),
    countOpen: () => counters.get('connectionsOpen'),
    engine: { greet: () => '', cancel: () => undefined, abandon() {}, tick() {} },
    counters,
    log() {},
    now: () => clock,
    random: () => 0,
  })
  let isTimedOut = false
  const port = { pause: nothing, resume: nothing, halfClose: nothing, close: nothing, reset: nothing }
  const write = (bytes: Uint8Array): number => {
    isTimedOut = true
    return bytes.length
  }
  host.accept({ ...port, write }, 'framed').data(Uint8Array.of(0))
  return (now) => {
    clock = now
    host.sweep(now)
    return isTimedOut
  }
}

describe('the sweep of a connection host', () => {
  it('acts on a timer that is due', () => {
    const sweepAt = sweepOverBegunFrame()
    for (let now = 100; now < 800; now += 100) expect(sweepAt(now)).toBe(false)
    expect(sweepAt(800)).toBe(true)
  })

  it('leaves one sweep out after the thread was held up, and no second', () => {
    const sweepAt = sweepOverBegunFrame()
    expect(sweepAt(100)).toBe(false)
    expect(sweepAt(1_000)).toBe(false)
    expect(sweepAt(2_000)).toBe(true)
  })
})
