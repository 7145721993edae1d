/** Limits on payloads: before and after HELLO, up to the byte, and what announcing too much costs. */
import { check } from '../../wire/failure.ts'
import { encodeFrame, FrameType, hello, name } from '../../wire/frame.ts'
import type { ServerCase } from '../../run/server-bench.ts'
import {
  checkGreeting,
  checkRequestError,
  collectTerminals,
  expectBarrier,
  expectGreeting,
  expectOnlyFatal,
  expectRequestError,
} from '../expect.ts'
import { must } from './define.ts'
import { expectPredicted, predict } from './model.ts'

const wide = { needs: ['process'], options: { maxName: 8_000, maxPayload: 9_000 } } as const

export const payloadLimitCases: ServerCase[] = [
  must(
    'lim.payload-max',
    'a payload of exactly the limit in force is accepted',
    'R-10-5 R-10-2 R-10-3',
    async (t, how) => {
      const [start, type] = how.split('-') as [string, string]
      const peer = start === 'told' ? await t.connectWithHello({ maxPayload: 65_535 }) : await t.connect()
      const limit = start === 'told' ? t.limits.maxPayload : 4096
      const frame = type === 'name' ? name(1, 'x'.repeat(limit)) : encodeFrame(0xba, 9, Buffer.alloc(limit))
      peer.send(frame)
      peer.fin()
      const before = start === 'told' ? hello({ maxPayload: 65_535 }) : Buffer.alloc(0)
      const all = predict(Buffer.concat([before, frame]), t.limits)
      await expectPredicted(peer, { ...all, welcomes: 0 })
    },
    { variants: ['untold-name', 'untold-ignorable', 'told-name', 'told-ignorable'] },
  ),
  must(
    'lim.payload-max+1',
    'a header that announces one byte more is PAYLOAD_TOO_LARGE at once, whatever its type',
    'R-10-4 R-5.3-2 R-5.3-5 R-10-2 R-10-3',
    async (t, how) => {
      const [start, type] = how.split('-') as [string, string]
      const peer = start === 'told' ? await t.connectWithHello() : await t.connect()
      const limit = start === 'told' ? t.limits.maxPayload : 4096
      peer.send(encodeFrame(Number(type), 1, Buffer.alloc(0), limit + 1))
      await expectOnlyFatal(peer, 'PAYLOAD_TOO_LARGE', limit)
    },
    {
      variants: ['untold', 'told'].flatMap((start) =>
        ['0x01', '0x02', '0x03', '0x06', '0x08', '0x0a', '0x40', '0x8a', '0xff', '0x00'].map(
          (type) => `${start}-${type}`,
        ),
      ),
    },
  ),
  ...(['65536', '2^24-1'] as const).map((length) =>
    must(
      `lim.len-${length}`,
      'a length that no version 1 frame can have is PAYLOAD_TOO_LARGE at once',
      'R-10-4 R-5.3-1',
      async (t, type) => {
        const peer = await t.connect()
        peer.send(encodeFrame(Number(type), 1, Buffer.alloc(0), length === '65536' ? 65_536 : 2 ** 24 - 1))
        await expectOnlyFatal(peer, 'PAYLOAD_TOO_LARGE', 4096)
      },
      { variants: ['0x03', '0x8a', '0x0a'] },
    ),
  ),
  must(
    'lim.before-hello',
    'before a HELLO the limit is 4096, also when WELCOME would tell more',
    'R-10-2 R-10-4',
    async (t) => {
      const peer = await t.connect()
      peer.send(encodeFrame(FrameType.NAME, 1, Buffer.alloc(0), 4097))
      await expectOnlyFatal(peer, 'PAYLOAD_TOO_LARGE', 4096)
    },
    wide,
  ),
  must(
    'lim.after-hello',
    'after HELLO the limit that WELCOME tells is in force, up to the byte',
    'R-10-3 R-10-5',
    async (t) => {
      const peer = await t.connectWithHello({ maxPayload: 65_535 })
      check(
        t.limits.maxPayload === 9_000 && t.limits.maxName === 8_000,
        `expected the limits the server was started with, got maxPayload ${t.limits.maxPayload}, maxName ${t.limits.maxName}`,
      )
      peer.send(name(1, 'x'.repeat(8_000)))
      await expectGreeting(peer, 1, 'x'.repeat(8_000))
      peer.send(name(2, 'x'.repeat(9_000)))
      await expectRequestError(peer, 2, 'NAME_TOO_LONG', 8_000)
      peer.send(encodeFrame(FrameType.NAME, 3, Buffer.alloc(0), 9_001))
      await expectOnlyFatal(peer, 'PAYLOAD_TOO_LARGE', 9_000)
    },
    wide,
  ),
  must(
    'lim.not-negotiated',
    'a client that allows less than the server does not lower the server’s limit',
    'R-10-3 R-10-4 R-10-5',
    async (t) => {
      const peer = await t.connectWithHello({ maxPayload: 4096 })
      peer.send(name(1, 'x'.repeat(5_000)))
      await expectRequestError(peer, 1, 'GREETING_TOO_LONG', 4096)
      peer.send(name(2, 'x'.repeat(9_000)))
      await expectRequestError(peer, 2, 'NAME_TOO_LONG', 8_000)
      peer.send(encodeFrame(FrameType.NAME, 3, Buffer.alloc(0), 9_001))
      await expectOnlyFatal(peer, 'PAYLOAD_TOO_LARGE', 9_000)
    },
    wide,
  ),
  must(
    'lim.first-byte-told',
    'after HELLO a first byte other than 0x00 is PAYLOAD_TOO_LARGE with the limit that WELCOME tells',
    'R-10-3 R-10-4 R-5.3-1',
    async (t, byte) => {
      const peer = await t.connectWithHello({ maxPayload: 65_535 })
      peer.send(Buffer.from([Number(byte)]))
      await expectOnlyFatal(peer, 'PAYLOAD_TOO_LARGE', 9_000)
    },
    { ...wide, variants: ['0x01', '0x47', '0xff'] },
  ),
  must(
    'lim.greeting-too-long',
    'a greeting that outgrows our limit costs its request only',
    'R-9.4-7 R-6.4-3',
    async (t) => {
      const peer = await t.connectWithHello({ maxPayload: 4096 })
      for (const [id, size] of [
        [1, 4090],
        [2, 4091],
      ] as const)
        peer.send(name(id, 'x'.repeat(size)))
      const answers = await collectTerminals(peer, [1, 2])
      checkGreeting(answers.get(1)!, 'x'.repeat(4090))
      checkRequestError(answers.get(2)!, 2, 'GREETING_TOO_LONG', 4096)
      await expectBarrier(peer)
    },
    { needs: ['process'], options: { maxName: 4096 } },
  ),
  must(
    'lim.announce-16mib',
    '200 connections that announce 16 MiB cost the server nearly nothing',
    'R-10-8 R-17-1',
    async (t) => {
      const before = t.memory()
      const peers = await t.connectMany(200)
      for (const peer of peers) peer.send(encodeFrame(FrameType.NAME, 1, Buffer.alloc(0), 2 ** 24 - 1))
      for (const peer of peers) await expectOnlyFatal(peer, 'PAYLOAD_TOO_LARGE')
      const grown = (t.memory() - before) / 2 ** 20
      check(grown < 64, `expected growth below 64 MiB, got ${grown.toFixed(0)} MiB`)
    },
    { needs: ['pid'] },
  ),
]
