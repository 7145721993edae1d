/** Servers that are told to stop: what a case needs for it, the GOODBYE that it expects, and the exit. */
import { check, Inconclusive } from '../../wire/failure.ts'
import { FrameType, name, readGoodbye, Reason, type Frame } from '../../wire/frame.ts'
import { describeFrame } from '../../wire/frame-text.ts'
import type { RawPeer } from '../../wire/raw-peer.ts'
import type { ServerCase } from '../../run/server-bench.ts'
import { eventually, type ServerTest } from '../../run/server-test.ts'
import { expectRunning } from '../expect.ts'

/** What a case needs that stops its server. */
type DrainNeeds = Pick<ServerCase, 'ownTarget' | 'needs' | 'options'>

/** Of any server that can be stopped. */
export const plainly: DrainNeeds = { ownTarget: true, needs: ['process'] }

/** Of a server whose requests can take long. */
export const own: DrainNeeds = {
  ownTarget: true,
  needs: ['process', 'conformance-greeter'],
  options: { greeter: 'conformance', lingerTimeoutMs: 300 },
}

export const logged: DrainNeeds = { ...own, needs: [...(own.needs ?? []), 'execution-log'] }

/** Expects GOODBYE with this id and reason as the next frame. */
export async function expectGoodbye(peer: RawPeer, id: number, reason: number): Promise<void> {
  checkGoodbye(await peer.next(`GOODBYE id=${id}`), id, reason)
}

/** Expects GOODBYE of a connection that gets old with request 1; judges nothing when that was before the server had read the NAME. */
export async function expectAged(peer: RawPeer): Promise<void> {
  const frame = await peer.next('GOODBYE id=1')
  if (frame.type === FrameType.GOODBYE && frame.id === 0)
    throw new Inconclusive('the connection came to its maximum age before the server had read its NAME')
  checkGoodbye(frame, 1, Reason.MAX_AGE)
}

/** Expects GOODBYE of a server that shuts down while request 1, of 600 ms, runs; judges nothing when its greeting is there too. */
export async function expectGoodbyeInTime(peer: RawPeer, id: number): Promise<void> {
  const frame = await peer.next(`GOODBYE id=${id}`)
  if (peer.received.some((one) => one.frame.type === FrameType.GREETING && one.frame.id === 1))
    throw new Inconclusive('the request of 600 ms was greeted before anything could be done behind the GOODBYE')
  checkGoodbye(frame, id, Reason.SHUTTING_DOWN)
}

/** Checks that a frame is GOODBYE with this id and reason. */
export function checkGoodbye(frame: Frame, id: number, reason: number): void {
  const fields = frame.type === FrameType.GOODBYE ? readGoodbye(frame) : undefined
  check(
    fields?.reason === reason && frame.id === id,
    () => `expected GOODBYE id=${id} with reason ${reason}, got ${describeFrame(frame)}`,
  )
}

/** A connection whose request 1 runs for a while, with the server draining around it. */
export async function draining(t: ServerTest): Promise<RawPeer> {
  const peer = await t.connect()
  peer.send(name(1, '~600~slow'))
  await expectRunning(peer)
  stop(t)
  await expectGoodbyeInTime(peer, 1)
  return peer
}

export function stop(t: ServerTest): void {
  t.serverMayBeGone = true
  t.target.terminate()
}

export async function exitsWith(t: ServerTest, code: number): Promise<void> {
  for (const peer of t.peers) peer.fin()
  check(await eventually(() => !t.target.alive(), t.timing.reactionMs), 'expected the server to exit after its drain')
  const exit = await t.target.exited
  check(exit.code === code, `expected exit code ${code}, got ${exit.signal ?? exit.code}`)
}
