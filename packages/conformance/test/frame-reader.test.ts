/** The reader of frames at and behind a header that breaks the rule it was given. */
import { describe, expect, it } from 'vitest'
import { encodeFrame, FrameType, pong } from '../src/wire/frame.ts'
import { FrameReader } from '../src/wire/frame-reader.ts'

describe('a reader that has met a broken header', () => {
  it('keeps nothing of what comes behind it, and reads no frame more', () => {
    const reader = new FrameReader((begun) => (begun[0] === 0 ? undefined : 'a first byte that no frame has'))
    expect(reader.push(Buffer.concat([pong(1), Buffer.from('GET')]))).toHaveLength(1)
    expect(reader.broken).toBe('a first byte that no frame has')
    for (let round = 0; round < 3; round += 1) expect(reader.push(encodeFrame(FrameType.PONG, 2))).toEqual([])
    expect(reader.pending().toString()).toBe('GET')
  })
})
