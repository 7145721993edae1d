/** What the reference client sends before everything else: a HELLO, or something that no client may send. */
import * as wire from '../../src/wire/frame.ts'
import type { HasClientBug } from './client-bugs.ts'

/** The HELLO, with the faults of its fields and of its frame. */
export function firstBytes(maxPayload: number, has: HasClientBug): Buffer {
  const frame = wire.hello(
    {
      minVersion: has('hello-inverted') ? 2 : 1,
      maxPayload: has('hello-low-limit') ? 4_095 : maxPayload,
      agent: has('hello-agent-control') ? 'reference\u0007client' : 'reference-client',
    },
    has('hello-id') ? 7 : 0,
  )
  const { length } = frame
  if (has('hello-fields-swapped')) {
    frame.writeUInt32BE(maxPayload, wire.HEADER_BYTES)
    frame.writeUInt32BE(0x0001_0001, wire.HEADER_BYTES + 4)
  }
  if (has('length-one-less')) frame.writeUIntBE(length - wire.HEADER_BYTES - 1, 0, 3)
  if (has('send-little-endian')) frame.writeUIntLE(length - wire.HEADER_BYTES, 0, 3)
  return Buffer.concat([frame, ...extra.filter(([bug]) => has(bug)).map(([, bytes]) => bytes)])
}

const extra = [
  ['hello-twice', wire.hello()],
  ['send-huge', wire.encodeFrame(0x8a, 0, Buffer.alloc(65_536))],
  ['send-unassigned', wire.encodeFrame(0x0a, 0)],
  ['send-private', wire.encodeFrame(0x40, 0)],
] as const
