/** Peers that do not read, read slowly, say little or come in crowds. */
import { check } from '../../wire/failure.ts'
import { Code, FrameType, name, ping, readError } from '../../wire/frame.ts'
import { describeFrame } from '../../wire/frame-text.ts'
import type { RawPeer } from '../../wire/raw-peer.ts'
import type { ServerCase } from '../../run/server-bench.ts'
import { eventually } from '../../run/server-test.ts'
import { collectTerminals, expectBarrier, expectGreeting, expectGreetings, expectPong } from '../expect.ts'
import { inform, must, nameFor, overfullNames } from './define.ts'

export const backpressureCases: ServerCase[] = [
  must(
    'bp.no-read',
    '150 MB of names whose answers nobody reads cost bounded memory',
    'R-13.4-1 R-13.4-2',
    async (t) => {
      await expectBarrier(await t.connect())
      const before = t.memory()
      const peer = await t.connect()
      peer.pause()
      const text = 'r'.repeat(Math.min(t.limits.maxName, 1_000))
      let most = 0
      for (let from = 1; from <= 150_000; from += 1_000) {
        peer.send(...Array.from({ length: 1_000 }, (_, index) => name(from + index, text)))
        // A server that reads on gets the time to do so; one that has stopped has shown what it holds.
        const readOn = await eventually(() => peer.socket.writableLength === 0, 400, 1)
        if (from % 10_000 === 1) most = Math.max(most, t.memory() - before)
        if (!readOn) break
      }
      most = Math.max(most, t.memory() - before)
      check(most < 96 * 2 ** 20, `expected growth below 96 MiB, got ${(most / 2 ** 20).toFixed(0)} MiB`)
      peer.reset()
    },
    { needs: ['pid'] },
  ),
  must('bp.resume', 'when we read again every answer comes, once', 'R-13.4-2 R-7.2-3', async (t) => {
    const peer = await t.connect()
    const names = overfullNames(t)
    peer.pause()
    peer.send(...[...names].map(([id, text]) => name(id, text)))
    await expectBarrier(await t.connect())
    peer.resume()
    await expectGreetings(peer, names)
    await expectBarrier(peer)
  }),
  must('bp.others', 'a connection that does not read delays no other', 'R-13.4-3', async (t) => {
    const stuck = await t.connect()
    stuck.pause()
    stuck.send(...[...overfullNames(t)].map(([id, text]) => name(id, text)))
    for (let round = 0; round < 10; round += 1) {
      const other = await t.connect()
      other.send(name(1, nameFor(t, round)))
      await expectGreeting(other, 1, nameFor(t, round))
    }
    stuck.reset()
  }),
  must('bp.trickle', 'a reader that takes a little at a time gets everything', 'R-13.4-2 R-12-10', async (t) => {
    const peer = await t.connect()
    const names = overfullNames(t)
    peer.pause()
    peer.send(...[...names].map(([id, text]) => name(id, text)))
    const reading = trickle(peer)
    await expectGreetings(peer, names)
    reading.stop()
  }),
  must(
    'bp.conn-limit',
    'a connection beyond the limit is refused, and a place that is free again is given',
    'R-9.2-2',
    async (t) => {
      const peers = await fill(t.connect.bind(t))
      const extra = await t.connect()
      const frame = await extra.nextOrEnd('the refusal of the ninth connection')
      check(
        typeof frame === 'string' || (frame.type === FrameType.ERROR && frame.id === 0),
        () =>
          `expected the ninth connection to be refused, got ${typeof frame === 'string' ? frame : describeFrame(frame)}`,
      )
      for (const peer of peers) await expectBarrier(peer)
      for (const peer of peers) peer.destroy()
      extra.destroy()
      check(await placeIsFree(t.connect.bind(t)), 'expected a new connection to work when others are gone')
    },
    { needs: ['process'], options: { maxConnections: 8, lingerTimeoutMs: 200 } },
  ),
  must(
    'bp.server-full',
    'the refusal is ERROR SERVER_FULL and FIN',
    'R-9.3-9 R-17-2 R-6.5-2',
    async (t) => {
      await fill(t.connect.bind(t))
      const extra = await t.connect()
      const frame = await extra.next('ERROR SERVER_FULL')
      check(
        frame.type === FrameType.ERROR && frame.id === 0 && readError(frame)?.code === Code.SERVER_FULL,
        () => `expected ERROR id=0 SERVER_FULL, got ${describeFrame(frame)}`,
      )
      await extra.expectFin('ERROR SERVER_FULL')
      for (const peer of t.peers) peer.destroy()
      check(await placeIsFree(t.connect.bind(t)), 'expected a new connection to work when others are gone')
    },
    { needs: ['process'], options: { maxConnections: 8, lingerTimeoutMs: 200 } },
  ),
  must(
    'bp.slowloris',
    '500 connections with half a header each delay nobody',
    'R-13.4-3 R-9.2-2',
    async (t) => {
      const peers = await t.connectMany(500)
      for (const peer of peers) peer.send(name(1, 'x').subarray(0, 4))
      const other = await t.connect()
      other.send(name(1, nameFor(t, 1)), ping(1))
      await collectTerminals(other, [1], (frame) => frame.type === FrameType.PONG)
      for (const peer of peers) peer.destroy()
    },
    { needs: ['process'] },
  ),
  must(
    'bp.churn',
    '5,000 connections one after the other leave nothing behind',
    'R-13.2-2 R-9.2-2',
    async (t) => {
      await expectBarrier(await t.connect())
      const before = t.descriptors()
      for (let round = 0; round < 5_000; round += 1) {
        const peer = await t.connect()
        if (round % 3 === 0) {
          peer.send(ping(round))
          await expectPong(peer, round)
        }
        if (round % 3 === 1) peer.reset()
        else peer.destroy()
        t.peers.pop()
      }
      check(
        await eventually(() => t.descriptors() <= before + 4, t.timing.reactionMs),
        `expected about ${before} descriptors, got ${t.descriptors()}`,
      )
    },
    { needs: ['pid'] },
  ),
  inform(
    'bp.memory',
    'memory of the server, idle and with 100 connections',
    'R-13.4-1',
    async (t) => {
      const before = t.memory()
      for (const peer of await t.connectMany(100)) await expectBarrier(peer)
      t.note(
        `${(before / 2 ** 20).toFixed(0)} MiB, and ${((t.memory() - before) / 1024 / 100).toFixed(1)} KiB for each connection`,
      )
    },
    { needs: ['pid'] },
  ),
]

/** Reads for a moment, pauses for a moment, and so on. */
function trickle(peer: RawPeer): { stop: () => void } {
  const timer = setInterval(() => (peer.socket.isPaused() ? peer.resume() : peer.pause()), 5)
  return {
    stop: () => {
      clearInterval(timer)
      peer.resume()
    },
  }
}

async function fill(connect: () => Promise<RawPeer>): Promise<RawPeer[]> {
  const peers: RawPeer[] = []
  for (let index = 0; index < 8; index += 1) {
    const peer = await connect()
    await expectBarrier(peer)
    peers.push(peer)
  }
  return peers
}

async function placeIsFree(connect: () => Promise<RawPeer>): Promise<boolean> {
  const deadline = performance.now() + 4_000
  while (performance.now() < deadline) {
    const peer = await connect()
    peer.send(ping(1))
    const frame = await peer.nextOrEnd('PONG or a refusal')
    if (typeof frame !== 'string' && frame.type === FrameType.PONG) return true
    await new Promise((resolve) => setTimeout(resolve, 30))
  }
  return false
}
