import { encodeFrame, FrameDecoder, Name, Ping, Violation } from '@greetwire/protocol'
import { describe, expect, it } from 'vitest'
import { FrameSplitter, type Piece } from '../../src/frames/frame-splitter.ts'

const STREAM = Buffer.concat([
  encodeFrame(Name, { name: 'Ada' }, 1),
  encodeFrame(Ping, {}, 0),
  encodeFrame(Name, { name: 'x'.repeat(300) }, 2),
])

function split(chunks: readonly Uint8Array[], maxPayload?: number): Piece[] {
  const splitter = new FrameSplitter(maxPayload)
  const pieces = chunks.flatMap((chunk) => [...splitter.push(chunk)])
  const rest = splitter.end()
  return rest ? [...pieces, rest] : pieces
}

describe('FrameSplitter', () => {
  it('gives the frames that a FrameDecoder gives, however the stream is cut', () => {
    const decoder = new FrameDecoder()
    decoder.push(STREAM)
    const expected: unknown[] = []
    for (let frame = decoder.next(); frame && !(frame instanceof Violation); frame = decoder.next())
      expected.push([frame.id, Buffer.from(frame.payload)])
    expect(expected).toHaveLength(3)

    for (let cut = 0; cut <= STREAM.length; cut++) {
      const pieces = split([STREAM.subarray(0, cut), STREAM.subarray(cut)])
      const frames = pieces.map(({ bytes }) => {
        const frame = Buffer.from(bytes)
        return [frame.readUInt32BE(4), frame.subarray(8)]
      })
      expect(frames).toEqual(expected)
    }
  })

  it('gives every byte back, one by one', () => {
    const pieces = split(Array.from(STREAM, (byte) => Uint8Array.of(byte)))
    expect(Buffer.concat(pieces.map(({ bytes }) => bytes))).toEqual(STREAM)
    expect(pieces.map(({ offset }) => offset)).toEqual([0, 11, 19])
  })

  it('judges the first byte alone and counts what is lost behind the header', () => {
    const splitter = new FrameSplitter()
    expect([...splitter.push(Buffer.from('G'))]).toMatchObject([{ kind: 'too-large', offset: 0 }])
    expect([...splitter.push(Buffer.from('ET /'))]).toEqual([])
    expect(splitter.lost).toBe(4)
    expect(splitter.end()).toBeUndefined()
  })

  it('refuses a payload one byte over the limit and takes one at the limit', () => {
    const frame = encodeFrame(Name, { name: 'Ada' }, 1)
    expect(split([frame], 3)).toMatchObject([{ kind: 'frame' }])
    expect(split([frame], 2)).toMatchObject([{ kind: 'too-large', bytes: frame.subarray(0, 8) }])
  })

  it.each([
    [3, 5],
    [8, 3],
    [10, 1],
  ])('says of a stream that ends after %i bytes that %i are missing', (length, missing) => {
    expect(split([STREAM.subarray(0, length)])).toMatchObject([{ kind: 'cut', offset: 0, missing }])
  })
})
