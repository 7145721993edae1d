/** Short forms in which the catalogue of the client role is written. */
import type { Level } from '../../run/case.ts'
import type { ClientCase } from '../../run/client-bench.ts'
import type { ClientTest } from '../../run/client-test.ts'
import { check } from '../../wire/failure.ts'
import { FrameType, type Frame } from '../../wire/frame.ts'
import { describeFrame } from '../../wire/frame-text.ts'
import type { RawPeer } from '../../wire/raw-peer.ts'
import type { Pending } from '../../target/client-adapter.ts'

type More = Partial<Pick<ClientCase, 'needs' | 'ownTarget' | 'variants' | 'timed'>>
type Run = ClientCase['run']

/** A case that judges MUST requirements; `spec` is their ids with spaces between. */
export function must(id: string, title: string, spec: string, run: Run, more: More = {}): ClientCase {
  return define('M', id, title, spec, run, more)
}

/** A case that judges SHOULD requirements: it fails only under --strict. */
export function should(id: string, title: string, spec: string, run: Run, more: More = {}): ClientCase {
  return define('S', id, title, spec, run, more)
}

/** A client with one request outstanding. */
export interface Waiting {
  readonly peer: RawPeer
  readonly pending: Pending
  /** The id of its NAME. */
  readonly id: number
}

/** Opens a connection and lets the client greet once; its NAME is read, and not answered. */
export async function waiting(t: ClientTest, name = 'Ada'): Promise<Waiting> {
  const peer = await t.open()
  const pending = t.greet(name)
  const { id } = await t.nextName(peer)
  return { peer, pending, id }
}

/** Opens a connection with so many requests outstanding, and their ids in order. */
export async function manyWaiting(
  t: ClientTest,
  count: number,
): Promise<{ peer: RawPeer; pending: Pending[]; ids: number[] }> {
  const peer = await t.open()
  const pending = Array.from({ length: count }, (_, index) => t.greet(`n${index}`))
  const ids: number[] = []
  const slots = new Map<string, number>()
  while (ids.length < count) {
    const frame = await t.nextName(peer)
    slots.set(frame.payload.toString(), frame.id)
    ids.push(frame.id)
  }
  return { peer, pending, ids: pending.map((_, index) => slots.get(`n${index}`)!) }
}

/** Expects the client to end the connection; what it still sends first must not be a NAME. */
export async function expectClosed(peer: RawPeer, after: string): Promise<Frame[]> {
  const frames: Frame[] = []
  for (;;) {
    const frame = await peer.nextOrEnd(`the client to close after ${after}`)
    if (typeof frame === 'string') return frames
    check(frame.type !== FrameType.NAME, () => `expected no new NAME after ${after}, got ${describeFrame(frame)}`)
    frames.push(frame)
  }
}

/** Expects what every violation by the server leads to: the request fails as possibly executed, nothing more is sent, the connection is closed. */
export async function expectViolation(
  t: ClientTest,
  { peer, pending }: Pick<Waiting, 'peer' | 'pending'>,
  what: string,
): Promise<void> {
  const before = peer.received.length
  await t.expectError(pending, ['violation'], 'maybe')
  await expectClosed(peer, what)
  const later = peer.received.slice(before).map(({ frame }) => frame)
  check(
    later.length === 0,
    () => `expected the client to send nothing more after ${what}, got ${describeFrame(later[0]!)}`,
  )
}

function define(level: Level, id: string, title: string, spec: string, run: Run, more: More): ClientCase {
  return { id, title, spec: spec.split(' '), level, run, ...more }
}
