/** The timers over real sockets and real time: each fires, and none before its time. How late one may be is not judged. */

import { describe, expect, it } from 'vitest'
import { error, frame, goodbye, greeting, hello, join, name, ping, pong, type ReceivedFrame } from './frames.ts'
import { PUPPET, Puppet } from './puppet.ts'
import { dial, EAGERLY, open, start } from './rig.ts'
import { MODELS, type Target } from './target.ts'

const TIME_MS = 200

/** What every server's timers do. */
export function testTimers(target: Target): void {
  it('the frame timer does not blame a client whose frame came while the thread was held up', async () => {
    using puppet = new Puppet()
    const file = puppet.file()
    const server = await start(target, { threading: 'shard', threads: 1, greeter: PUPPET, frameTimeoutMs: TIME_MS })
    const [wire, blocking] = [await open(server.address), await open(server.address)]
    const bytes = name(1, 'Ada')
    expect(await wire.send(ping(1), bytes.subarray(0, 9)).frame()).toEqual(pong(1))
    blocking.send(name(1, `block ${file}`))
    await puppet.blocked(file)
    wire.send(bytes.subarray(9))
    await pause(TIME_MS)
    puppet.unblock(file)
    expect(await wire.frame()).toEqual(greeting(1, 'Hello Ada'))
  })

  describe.each(MODELS)('in %s', (threading) => {
    it('the idle timer says GOODBYE, and every PING starts it anew', async () => {
      const server = await start(target, { threading, idleTimeoutMs: TIME_MS })
      const wire = await open(server.address)
      const frames: ReceivedFrame[] = []
      let pingAt = 0
      let answeredAt = 0
      // A machine that stands still may bring the GOODBYE sooner; it is never early behind a PING that was answered.
      for (let id = 1; id <= 16 && frames.length === 0; id++) {
        await pause(TIME_MS / 8)
        answeredAt = pingAt
        pingAt = performance.now()
        const received = await wire.send(ping(id)).frame()
        if (received.frame !== 'PONG') frames.push(received)
      }
      if (frames.length === 0) answeredAt = pingAt
      frames.push(...(await wire.framesToFin()))
      expect(frames.filter((each) => each.frame !== 'PONG')).toEqual([goodbye(0, 'IDLE')])
      expectNotEarly(answeredAt)
    })

    it('the idle timer waits for what is in flight', async () => {
      using puppet = new Puppet()
      const server = await start(target, { threading, greeter: PUPPET, idleTimeoutMs: TIME_MS })
      const [wire, other] = [await open(server.address), await open(server.address)]
      const key = puppet.key()
      wire.send(name(1, `hold ${key}`))
      // The connection that holds nothing shows that the time has passed.
      expect(await other.framesToFin()).toEqual([goodbye(0, 'IDLE')])
      const releasedAt = performance.now()
      puppet.release(key)
      expect(await wire.framesToFin()).toEqual([greeting(1, `Released ${key}`), goodbye(1, 'IDLE')])
      expectNotEarly(releasedAt)
    })

    it('the frame timer fires although bytes of the frame keep coming', async () => {
      const server = await start(target, { threading, frameTimeoutMs: TIME_MS })
      const wire = await open(server.address)
      const bytes = join(name(1, 'Ada'), name(2, 'x'.repeat(1_000)))
      const begunAt = performance.now()
      wire.send(bytes.subarray(0, 12))
      const dripping = drip(bytes.subarray(12), (byte) => wire.socket.writable && wire.send(byte))
      expect(await wire.framesToFin()).toEqual([greeting(1, 'Hello Ada'), error(0, 'TIMEOUT')])
      expectNotEarly(begunAt)
      clearInterval(dripping)
    })

    it('the frame timer lets a slow frame be that comes in time, and stands still without one', async () => {
      const server = await start(target, { threading, frameTimeoutMs: TIME_MS * 4 })
      const [wire, other] = [await open(server.address), await open(server.address)]
      await wire.sendBytewise(name(1, 'Ada'))
      expect(await wire.frame()).toEqual(greeting(1, 'Hello Ada'))
      other.send(name(1, 'Ada').subarray(0, 9))
      expect(await other.framesToFin()).toEqual([error(0, 'TIMEOUT')])
      expect(await wire.send(ping(1)).frame()).toEqual(pong(1))
    })

    it('the frame timer stands still while the server stops in front of a NAME', async () => {
      using puppet = new Puppet()
      const server = await start(target, { threading, greeter: PUPPET, frameTimeoutMs: TIME_MS * 4, maxInFlight: 1 })
      const [wire, other] = [await open(server.address), await open(server.address)]
      const key = puppet.key()
      wire.send(join(name(1, `hold ${key}`), name(2, 'Ada').subarray(0, 9)))
      await puppet.started(key)
      other.send(name(1, 'Ada').subarray(0, 9))
      expect(await other.framesToFin()).toEqual([error(0, 'TIMEOUT')])
      puppet.release(key)
      expect(await wire.frame()).toEqual(greeting(1, `Released ${key}`))
      expect(await wire.send(name(2, 'Ada').subarray(9)).frame()).toEqual(greeting(2, 'Hello Ada'))
    })

    it('the stall timer resets a client that does not read', async () => {
      const server = await start(target, { threading, greeter: PUPPET, stallTimeoutMs: TIME_MS })
      const wire = await dial(server.address)
      const openedAt = performance.now()
      wire.pause().send(hello(65_535), longRequests(400))
      await expect.poll(() => server.stats().connectionsAccepted, EAGERLY).toBe(1)
      await expect.poll(() => server.stats().connectionsOpen, EAGERLY).toBe(0)
      expectNotEarly(openedAt)
      expect(await wire.resume().ended()).toBe('reset')
    })

    it('the linger timer closes a connection whose client does not', async () => {
      const server = await start(target, { threading, lingerTimeoutMs: TIME_MS })
      const wire = await open(server.address)
      const sentAt = performance.now()
      expect(await wire.send(frame(0x7f, 0)).framesToFin()).toEqual([error(0, 'UNKNOWN_TYPE')])
      await expect.poll(() => server.stats().connectionsOpen, EAGERLY).toBe(0)
      expectNotEarly(sentAt)
    })

    it('the age timer says GOODBYE to a busy connection', async () => {
      const server = await start(target, { threading, maxAgeMs: TIME_MS })
      const openedAt = performance.now()
      const wire = await open(server.address)
      const dripping = drip(new Uint8Array(1_000), () => wire.socket.writable && wire.send(ping()))
      const frames = await wire.framesToFin()
      expect(frames.filter((each) => each.frame !== 'PONG')).toEqual([goodbye(0, 'MAX_AGE')])
      expectNotEarly(openedAt, TIME_MS * 0.9)
      clearInterval(dripping)
    })

    it('the drain deadline resets what is still in flight', async () => {
      using puppet = new Puppet()
      const server = await start(target, { threading, greeter: PUPPET })
      const wire = await open(server.address)
      const key = puppet.key()
      wire.send(name(1, `hold ${key}`))
      await puppet.started(key)
      const closedAt = performance.now()
      const closed = server.close({ drainMs: TIME_MS })
      expect(await wire.frame()).toEqual(goodbye(1, 'SHUTTING_DOWN'))
      expect(await wire.framesToEnd()).toEqual({ frames: [], end: 'reset' })
      expectNotEarly(closedAt)
      await closed
    })

    it('the greeter timer ends one request and nothing else', async () => {
      using puppet = new Puppet()
      const server = await start(target, { threading, greeter: PUPPET, greeterTimeoutMs: TIME_MS })
      const wire = await open(server.address)
      const sentAt = performance.now()
      wire.send(name(1, `hold ${puppet.key()}`))
      expect(await wire.frame()).toEqual(error(1, 'GREETER_TIMEOUT'))
      expectNotEarly(sentAt)
      expect(await wire.send(name(2, 'Ada')).frame()).toEqual(greeting(2, 'Hello Ada'))
    })
  })
}

function expectNotEarly(since: number, timeMs = TIME_MS): void {
  expect(performance.now() - since).toBeGreaterThanOrEqual(timeMs)
}

/** Sends byte after byte until it is stopped. */
function drip(bytes: Uint8Array, send: (byte: Uint8Array) => void): NodeJS.Timeout {
  let at = 0
  return setInterval(() => {
    send(bytes.subarray(at, ++at))
  }, TIME_MS / 20)
}

/** Lets time pass between two PINGs. */
function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

function longRequests(count: number): Uint8Array {
  return join(...Array.from({ length: count }, (_, index) => name(index + 1, 'long 65000')))
}
