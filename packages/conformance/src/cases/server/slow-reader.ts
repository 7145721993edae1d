/** Answers that nobody reads for a while: which timers run meanwhile, and how a stall ends. */
import { check, Inconclusive } from '../../wire/failure.ts'
import { FrameType, name, ping } from '../../wire/frame.ts'
import { describeFrame } from '../../wire/frame-text.ts'
import type { RawPeer } from '../../wire/raw-peer.ts'
import type { ServerCase } from '../../run/server-bench.ts'
import { eventually, type ServerTest } from '../../run/server-test.ts'
import { collectTerminals } from '../expect.ts'
import { must } from './define.ts'
import { checkInTime, checkNotBefore, EARLY_MS, passes } from './time-checks.ts'

const IDLE = 300
const FRAME = 400
const STALL = 1_200
const wide = {
  needs: ['process', 'conformance-greeter'],
  options: {
    greeter: 'conformance',
    maxName: 65_000,
    maxPayload: 65_535,
    maxInFlight: 400,
    idleTimeoutMs: IDLE,
    frameTimeoutMs: FRAME,
    stallTimeoutMs: STALL,
  },
} as const

export const slowReaderCases: ServerCase[] = [
  must(
    'bp.slow-reader',
    'a peer that goes on reading, however slowly, is not cut by the stall timer',
    'R-12-10',
    async (t) => {
      let pausedAt = performance.now()
      const peer = await answeredUnread(t, '~300~')
      let longestPauseMs = 0
      // Systems take more output only when a good part of their buffers is free again, so a little at a time will not do.
      for (let round = 0; round < 9 && peer.ended === undefined; round += 1) {
        await passes(200)
        longestPauseMs = Math.max(longestPauseMs, performance.now() - pausedAt)
        await readSome(peer, 2 ** 21)
        pausedAt = performance.now()
      }
      if (longestPauseMs > STALL * 0.6)
        throw new Inconclusive(`the suite itself did not read for ${Math.round(longestPauseMs)} ms`)
      peer.resume()
      await collectTerminals(peer, IDS)
    },
    { ...wide, timed: true },
  ),
  must(
    'bp.waiting-not-idle',
    'a connection whose output waits is not idle',
    'R-12-2 R-12-1',
    async (t) => {
      const begun = performance.now()
      const peer = await answeredUnread(t, '~300~')
      // The answers are written, and the idle timer would have fired, had it run.
      await passes(STALL)
      checkInTime(begun, 300 + STALL, 'its reading')
      const readAt = performance.now()
      peer.send(ping(1))
      peer.resume()
      let ponged = false
      // On a busy machine some greeters may still run.
      const answers = collectTerminals(peer, IDS, (frame) => (ponged ||= frame.type === FrameType.PONG))
      await answers.catch((cause: unknown) => {
        if (peer.ended === 'reset') throw new Inconclusive('the stall timer fired')
        throw cause
      })
      if (ponged) return
      const frame = await peer.next('PONG id=1')
      if (frame.type === FrameType.GOODBYE && performance.now() - readAt >= IDLE - EARLY_MS)
        throw new Inconclusive('the suite was late with its PING')
      check(frame.type === FrameType.PONG, () => `expected PONG id=1, got ${describeFrame(frame)}`)
    },
    wide,
  ),
  must(
    'tmo.frame-output-waits',
    'the frame timer stands still while the server is stopped for output that waits',
    'R-12-5',
    async (t) => {
      const begun = performance.now()
      const peer = await answeredUnread(t, '')
      await passes(FRAME * 1.6)
      checkInTime(begun, STALL, 'its reading')
      peer.resume()
      await collectTerminals(peer, IDS)
    },
    { ...wide, timed: true },
  ),
  must(
    'bp.stall',
    'a peer that never reads is reset by the stall timer, and not before its time',
    'R-12-14 R-12-10 R-12-1 R-4.2-1',
    async (t) => {
      const begun = performance.now()
      const peer = await answeredUnread(t, '~300~')
      const before = t.descriptors()
      const gone = await eventually(() => t.descriptors() < before, 300 + STALL + t.timing.reactionMs)
      check(gone, 'expected the stalled connection to be reset')
      checkNotBefore(begun, STALL, 'reset')
      peer.resume()
      const end = await peer.expectEnd('the stall')
      check(end === 'reset', 'expected the stalled connection to be reset, got FIN')
    },
    // The idle timer is another case's: a slow machine may read the first of these names later than that allows.
    { needs: ['pid', 'conformance-greeter'], options: { ...wide.options, idleTimeoutMs: 60_000 } },
  ),
]

/** Asks for 26 MB of answers, more than the buffers of both systems hold, in names that begin with `action`; reads none. */
async function answeredUnread(t: ServerTest, action: string): Promise<RawPeer> {
  const peer = await t.connectWithHello({ maxPayload: 65_535 })
  peer.pause()
  const text = `${action}${'s'.repeat(64_990)}`
  for (const id of IDS) peer.send(name(id, text))
  return peer
}

/** Reads at least so many bytes, and no chunk more. */
async function readSome(peer: RawPeer, bytes: number): Promise<void> {
  const wanted = peer.bytesReceived + bytes
  await new Promise<void>((resolve) => {
    const stop = (): void => {
      clearTimeout(timer)
      peer.socket.off('data', look).off('close', look)
      peer.pause()
      resolve()
    }
    const look = (): void => {
      if (peer.bytesReceived >= wanted || peer.ended !== undefined) stop()
    }
    // What has not come by now is still on its way.
    const timer = setTimeout(stop, 100)
    peer.socket.on('data', look).on('close', look)
    peer.resume()
  })
}

const IDS = Array.from({ length: wide.options.maxInFlight }, (_, index) => index + 1)
