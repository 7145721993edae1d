/** What is measured of a server before any case runs: how long a round trip takes, and which limits it tells. */
import type { ConnectionOptions } from 'node:tls'
import { expectBarrier, expectWelcome } from '../cases/expect.ts'
import { TargetError, TargetLate, type ServerTarget } from '../target/server-target.ts'
import { TimedOut } from '../wire/failure.ts'
import { hello, type Welcome } from '../wire/frame.ts'
import { RawPeer } from '../wire/raw-peer.ts'
import { timingFrom, type Timing } from './timing.ts'

/**
 * Measures 20 round trips. A target that takes connections and answers PING wrongly is left to the cases; one that answers
 * nothing that could be a PONG is no target, and throws `TargetError`.
 */
export async function measure(target: ServerTarget, scale: number, tls?: ConnectionOptions): Promise<Timing> {
  const first = timingFrom([], scale)
  const roundTrips: number[] = []
  const where = `${target.host}:${target.port}`
  let peer: RawPeer | undefined
  try {
    peer = await RawPeer.connect(target.host, target.port, {
      label: 'round trips',
      reactionMs: first.reactionMs,
      tls,
    })
    for (let round = 0; round < ROUND_TRIPS; round += 1) {
      const begun = performance.now()
      await expectBarrier(peer, round + 1)
      roundTrips.push(performance.now() - begun)
    }
  } catch (cause) {
    if (peer === undefined) throw noTarget(`Cannot test ${where}`, cause as Error)
    const speaks = peer.received.some(({ frame }) => frame.type < 0x80 && frame.payload.length < 4_096)
    if (!speaks) throw noTarget(`Cannot test ${where}: it does not answer PING`, cause as Error)
  } finally {
    peer?.destroy()
  }
  return timingFrom(roundTrips, scale)
}

function noTarget(what: string, cause: Error): TargetError {
  const message = `${what}: ${cause.message}`
  return cause instanceof TimedOut ? new TargetLate(message) : new TargetError(message)
}

/** The limits that a target tells; those of the specification where it tells none. */
export async function advertised(target: ServerTarget, timing: Timing, tls?: ConnectionOptions): Promise<Welcome> {
  const peer = await RawPeer.connect(target.host, target.port, {
    label: 'limits',
    reactionMs: timing.reactionMs,
    tls,
  })
  try {
    peer.send(hello())
    return await expectWelcome(peer)
  } catch {
    return DEFAULT_LIMITS
  } finally {
    peer.destroy()
  }
}

const ROUND_TRIPS = 20

const DEFAULT_LIMITS: Welcome = {
  version: 1,
  maxName: 1024,
  maxPayload: 4096,
  maxInFlight: 256,
  idleTimeoutMs: 300_000,
  agent: Buffer.alloc(0),
}
