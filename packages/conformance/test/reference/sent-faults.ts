/** Faults of what a server sends: each changes finished frames on their way out. */
import * as wire from '../../src/wire/frame.ts'
import type { Has, ServerBug } from './bugs.ts'

/** The frames that a faulty server sends in place of this one. */
export function sentInstead(frame: Buffer, has: Has): readonly Buffer[] {
  const fault = faults.find(([bug, type]) => frame[3] === type && has(bug))
  return fault === undefined ? [frame] : fault[2](frame)
}

type Fault = readonly [bug: ServerBug, type: number, change: (frame: Buffer) => readonly Buffer[]]

const { WELCOME, GREETING, ERROR, PONG, GOODBYE } = wire.FrameType

const faults: readonly Fault[] = [
  ['length-one-less', GREETING, (frame) => [withLength(frame, frame.length - wire.HEADER_BYTES - 1)]],
  ['send-little-endian', GREETING, (frame) => [withId(frame, frame.readUInt32LE(4))]],
  ['greeting-ill-formed', GREETING, (frame) => [longer(frame, [0xff])]],
  ['welcome-twice', WELCOME, (frame) => [frame, frame]],
  ['welcome-id', WELCOME, (frame) => [withId(frame, 1)]],
  ['insane-limits', WELCOME, (frame) => [withMaxName(frame, frame.readUInt32BE(12) + 1)]],
  ['agent-control', WELCOME, (frame) => [longer(frame, [0x07])]],
  ['error-id-16bit', ERROR, (frame) => [withId(frame, frame.readUInt32BE(4) & 0xffff)]],
  ['error-message-control', ERROR, (frame) => [longer(frame, [0x07])]],
  ['internal-for-violations', ERROR, (frame) => [withFatalCode(frame, wire.Code.INTERNAL)]],
  ['unlisted-code', ERROR, (frame) => [withFatalCode(frame, 0x0077)]],
  ['error-short', ERROR, (frame) => [withLength(frame.subarray(0, wire.HEADER_BYTES + 2), 2)]],
  ['grease-behind-fatal', ERROR, (frame) => (frame.readUInt32BE(4) === 0 ? [frame, wire.grease()] : [frame])],
  ['pong-payload', PONG, (frame) => [longer(frame, [0x21])]],
  ['goodbye-twice', GOODBYE, (frame) => [frame, frame]],
  ['goodbye-reason', GOODBYE, (frame) => [wire.goodbye(frame.readUInt32BE(4), 0x0077)]],
  ['goodbye-message-control', GOODBYE, (frame) => [longer(frame, [0x07])]],
]

function withLength(frame: Buffer, length: number): Buffer {
  const changed = Buffer.from(frame)
  changed.writeUIntBE(length, 0, 3)
  return changed
}

function withId(frame: Buffer, id: number): Buffer {
  const changed = Buffer.from(frame)
  changed.writeUInt32BE(id, 4)
  return changed
}

function withMaxName(frame: Buffer, maxName: number): Buffer {
  const changed = Buffer.from(frame)
  changed.writeUInt16BE(Math.min(0xffff, maxName), wire.HEADER_BYTES + 2)
  return changed
}

function withFatalCode(frame: Buffer, code: number): Buffer {
  const changed = Buffer.from(frame)
  if (frame.readUInt32BE(4) === 0) changed.writeUInt16BE(code, wire.HEADER_BYTES)
  return changed
}

function longer(frame: Buffer, bytes: readonly number[]): Buffer {
  return withLength(Buffer.concat([frame, Buffer.from(bytes)]), frame.length - wire.HEADER_BYTES + bytes.length)
}
