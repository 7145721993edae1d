import { describe, expect, it } from 'vitest'
import { ConnectionHost } from '../src/connection-host.ts'
import { ThreadCounters } from '../src/counters.ts'
import { resolveServerOptions } from '../src/server-options.ts'

/** A host with one connection whose frame is begun, on a clock that the test moves. */
function hostWithBegunFrame(): { host: ConnectionHost; sweepAt(now: number): boolean } {
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
  const nothing = (): void => {}
  const port = { pause: nothing, resume: nothing, halfClose: nothing, close: nothing, reset: nothing }
  const write = (bytes: Uint8Array): number => {
    isTimedOut = true
    return bytes.length
  }
  host.accept({ ...port, write }, 'framed').data(Uint8Array.of(0))
  const sweepAt = (now: number): boolean => {
    clock = now
    host.sweep(now)
    return isTimedOut
  }
  return { host, sweepAt }
}

describe('the sweep of a connection host', () => {
  it('acts on a timer that is due', () => {
    const { sweepAt } = hostWithBegunFrame()
    for (let now = 100; now < 800; now += 100) expect(sweepAt(now)).toBe(false)
    expect(sweepAt(800)).toBe(true)
  })

  it('leaves one sweep out after the thread was held up, and no second', () => {
    const { sweepAt } = hostWithBegunFrame()
    expect(sweepAt(100)).toBe(false)
    expect(sweepAt(1_000)).toBe(false)
    expect(sweepAt(2_000)).toBe(true)
  })
})
