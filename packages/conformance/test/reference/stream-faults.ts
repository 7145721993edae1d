/** Faults of what a server makes of the stream: frames taken in another order than they came in. */
import { FrameType, HEADER_BYTES } from '../../src/wire/frame.ts'

/** The frames of a chunk in reverse; a chunk that does not end with a frame stays as it is. */
export function newestFirst(chunk: Buffer): Buffer {
  const { frames, tail } = split(chunk)
  return tail.length > 0 ? chunk : Buffer.concat(frames.toReversed())
}

/** Takes the PINGs behind the first frame out of the bytes at hand. */
export function pingsBehind(bytes: Buffer): { ids: number[]; rest: Buffer } {
  const { frames, tail } = split(bytes)
  return {
    ids: frames.filter(isPingBehind).map((frame) => frame.readUInt32BE(4)),
    rest: Buffer.concat([...frames.filter((frame, index) => !isPingBehind(frame, index)), tail]),
  }
}

function isPingBehind(frame: Buffer, index: number): boolean {
  return index > 0 && frame[3] === FrameType.PING
}

function split(bytes: Buffer): { frames: Buffer[]; tail: Buffer } {
  const frames: Buffer[] = []
  let at = 0
  while (bytes.length - at >= HEADER_BYTES) {
    const size = HEADER_BYTES + bytes.readUIntBE(at, 3)
    if (bytes.length - at < size) break
    frames.push(bytes.subarray(at, at + size))
    at += size
  }
  return { frames, tail: bytes.subarray(at) }
}
