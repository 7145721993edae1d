import { describe, expect, it } from 'vitest'
import { ConnectionHost } from '../src/connection-host.ts'
import { ThreadCounters } from '../src/counters.ts'
import { resolveServerOptions, type ServerOptions } from '../src/server-options.ts'

const nothing = (): void => {}
const broken = (): never => {
  throw new Error('this handle cannot do that')
}

/** A host without engine and limits to speak of, at the time that `clock` tells. */
function hostAt(clock: () => number, options: Partial<ServerOptions>): ConnectionHost {
  const counters = new ThreadCounters()
  return new ConnectionHost({
    options: resolveServerOptions(options, 1),
    countOpen: () => counters.get('connectionsOpen'),
    engine: { greet: () => '', cancel: () => undefined, abandon() {}, tick() {} },
    counters,
    log() {},
    now: clock,
    random: () => 0,
  })
}

/** Sweeps a host with one connection whose frame is begun; tells whether the frame has timed out by then. */
function sweepOverBegunFrame(): (now: number) => boolean {
  let clock = 0
  const host = hostAt(() => clock, { frameTimeoutMs: 800, lingerTimeoutMs: 0 })
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
})

describe('a connection that comes while the host drains', () => {
  it.each([
    ['is served until the deadline of the drain', 2],
    ['lingers until the deadline of the drain if there are too many', 1],
  ])('%s', async (_what, maxConnections) => {
    let clock = 0
    const host = hostAt(() => clock, { maxConnections, lingerTimeoutMs: 0 })
    const port = { pause: nothing, resume: nothing, halfClose: nothing, close: nothing, write: () => 0 }
    const resets: string[] = []
    host.accept({ ...port, reset: () => resets.push('first') }, 'framed')
    const drained = host.drain('SHUTTING_DOWN', 1_000)
    host.accept({ ...port, reset: () => resets.push('late') }, 'framed')
    clock = 999
    host.sweep(clock)
    expect(resets).toEqual([])
    clock = 1_000
    host.sweep(clock)
    await drained
    expect(resets).toEqual(['first', 'late'])
  })
})

describe('a socket that throws whatever is asked of it', () => {
  const port = { write: broken, pause: broken, resume: broken, halfClose: broken, close: broken, reset: broken }

  it('is dropped when something arrives', async () => {
    const host = hostAt(() => 0, {})
    host.accept(port, 'framed').data(Uint8Array.of(0, 0, 0, 0x7f, 0, 0, 0, 0))
    await expect(host.drain('SHUTTING_DOWN', 10)).resolves.toBeUndefined()
  })

  it('is dropped at a deadline, and so are those behind it', async () => {
    let clock = 0
    const host = hostAt(() => clock, {})
    let resets = 0
    const [waits, isReset] = [(): number => 0, (): number => ++resets]
    host.accept({ ...port, pause: nothing, write: waits }, 'framed')
    host.accept({ ...port, pause: nothing, write: waits, reset: isReset }, 'framed')
    const drained = host.drain('SHUTTING_DOWN', 10)
    clock = 10
    host.sweep(clock)
    await drained
    expect(resets).toBe(1)
  })

  it('is dropped when everything is reset, and so are those behind it', async () => {
    const host = hostAt(() => 0, {})
    let resets = 0
    const isReset = (): number => ++resets
    host.accept(port, 'framed')
    host.accept({ ...port, reset: isReset }, 'framed')
    host.resetAll()
    expect(resets).toBe(1)
  })
})
