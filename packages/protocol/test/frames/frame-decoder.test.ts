import { describe, expect, it } from 'vitest'
import { encodeFrame, type Frame, FrameDecoder, Name, Violation } from '../../src/index.ts'
import { byteCostOf } from '../bytes/allocations.ts'
import { byteByByte, chunkOf, everyDelivery, forEveryDelivery } from '../delivery.ts'
import { fromHex } from '../hex.ts'
import { cancel, concat, hello, name, ping, rawFrame, rawHeader, utf8 } from '../raw-frames.ts'

interface Outcome {
  readonly frames: readonly Frame[]
  readonly violation: Violation | undefined
  readonly begun: boolean
}

/** Pushes the chunks one by one and takes all frames after each. */
function decode(chunks: readonly Uint8Array[], options: { maxPayload?: number } = {}): Outcome {
  const decoder = new FrameDecoder(options)
  const frames: Frame[] = []
  for (const chunk of chunks) {
    decoder.push(chunk)
    for (let next = decoder.next(); next !== undefined; next = decoder.next()) {
      if (next instanceof Violation) return { frames, violation: next, begun: decoder.begun }
      frames.push({ ...next, payload: next.payload.slice() })
    }
  }
  return { frames, violation: undefined, begun: decoder.begun }
}

const decodeEveryWay = (bytes: Uint8Array): Outcome => forEveryDelivery(bytes, (chunks) => decode(chunks))

const CASES = [
  { what: 'a frame without payload', bytes: ping(7), frames: [{ type: 0x06, id: 7, payload: utf8('') }] },
  { what: 'a frame with payload', bytes: name(1, 'Ada'), frames: [{ type: 0x03, id: 1, payload: utf8('Ada') }] },
  {
    what: 'the highest id',
    bytes: rawFrame(0xff, 0xffff_ffff),
    frames: [{ type: 0xff, id: 0xffff_ffff, payload: utf8('') }],
  },
  {
    what: 'an id with the highest bit',
    bytes: cancel(0x8000_0001),
    frames: [{ type: 0x08, id: 0x8000_0001, payload: utf8('') }],
  },
  {
    what: 'a frame of a type that nobody knows',
    bytes: rawFrame(0x00, 0, fromHex('00 00 00')),
    frames: [{ type: 0x00, id: 0, payload: fromHex('00 00 00') }],
  },
  {
    what: 'several frames',
    bytes: concat(ping(1), name(2, 'Zoë'), ping(3), rawFrame(0x8a, 4, 'xx')),
    frames: [
      { type: 0x06, id: 1, payload: utf8('') },
      { type: 0x03, id: 2, payload: utf8('Zoë') },
      { type: 0x06, id: 3, payload: utf8('') },
      { type: 0x8a, id: 4, payload: utf8('xx') },
    ],
  },
]

describe('FrameDecoder', () => {
  it.each(CASES)('decodes $what however it is cut', ({ bytes, frames }) => {
    expect(decodeEveryWay(bytes)).toStrictEqual({ frames, violation: undefined, begun: false })
  })

  it.each(CASES)('decodes $what with the beginning of another frame behind it', ({ bytes, frames }) => {
    for (const rest of ['00', '00 00 01 03 00 00 00', '00 00 01 03 00 00 00 01']) {
      const outcome = decodeEveryWay(concat(bytes, fromHex(rest)))
      expect(outcome).toStrictEqual({ frames, violation: undefined, begun: true })
    }
  })

  it.each(CASES)('needs more bytes for every part of $what', ({ bytes, frames }) => {
    const ends = frames.map((_, index) =>
      frames.slice(0, index + 1).reduce((sum, { payload }) => sum + 8 + payload.length, 0),
    )
    for (let length = 0; length < bytes.length; length++) {
      const whole = ends.filter((end) => end <= length).length
      expect(decode([chunkOf(bytes.subarray(0, length))])).toStrictEqual({
        frames: frames.slice(0, whole),
        violation: undefined,
        begun: length > (ends[whole - 1] ?? 0),
      })
    }
  })

  it('has nothing to give before bytes arrive', () => {
    const decoder = new FrameDecoder()
    expect(decoder.next()).toBe(undefined)
    decoder.push(new Uint8Array(0))
    expect(decoder.next()).toBe(undefined)
    expect(decoder.begun).toBe(false)
  })

  it('gives payloads that stay valid', () => {
    for (const { chunks } of everyDelivery(concat(name(1, 'Ada'), name(2, 'Bob')))) {
      const decoder = new FrameDecoder()
      const frames: Frame[] = []
      for (const chunk of chunks) {
        decoder.push(chunk)
        for (let next = decoder.next(); next; next = decoder.next()) frames.push(next as Frame)
      }
      decoder.push(name(3, 'Eve'))
      expect(frames.map(({ payload }) => payload)).toStrictEqual([utf8('Ada'), utf8('Bob')])
    }
  })

  describe('the payload limit', () => {
    it.each([
      { limit: 4_096, length: 4_095, accepted: true },
      { limit: 4_096, length: 4_096, accepted: true },
      { limit: 4_096, length: 4_097, accepted: false },
      { limit: 65_535, length: 65_535, accepted: true },
      { limit: 65_535, length: 65_536, accepted: false },
      { limit: 65_535, length: 0xff_ffff, accepted: false },
      { limit: 0, length: 0, accepted: true },
      { limit: 0, length: 1, accepted: false },
    ])('of $limit bytes accepts $length bytes: $accepted', ({ limit, length, accepted }) => {
      const decoder = new FrameDecoder({ maxPayload: limit })
      decoder.push(rawHeader(0x03, 1, length))
      const expected = accepted ? undefined : new Violation('PAYLOAD_TOO_LARGE', limit)
      if (length > 0) expect(decoder.next()).toStrictEqual(expected)
      decoder.push(new Uint8Array(accepted ? length : 0))
      expect(decoder.next()).toStrictEqual(expected ?? { type: 0x03, id: 1, payload: new Uint8Array(length) })
    })

    it('is 4,096 bytes by default', () => {
      expect(new FrameDecoder().maxPayload).toBe(4_096)
    })

    it('may change between two frames', () => {
      const decoder = new FrameDecoder()
      decoder.push(concat(hello({ maxPayload: 65_535 }), rawHeader(0x03, 1, 4_097)))
      expect(decoder.next()).toMatchObject({ type: 0x01 })
      decoder.maxPayload = 4_097
      expect(decoder.next()).toBe(undefined)
      decoder.push(new Uint8Array(4_097))
      expect(decoder.next()).toMatchObject({ type: 0x03, id: 1 })
    })

    it('is judged at the eighth byte of a header', () => {
      const header = rawHeader(0x03, 1, 4_097)
      for (let length = 0; length < 8; length++) {
        expect(decode([chunkOf(header.subarray(0, length))]).violation).toBe(undefined)
      }
      expect(decodeEveryWay(header).violation).toStrictEqual(new Violation('PAYLOAD_TOO_LARGE', 4_096))
    })
  })

  it('refuses a first byte other than 0x00 at once, behind the frames in front of it', () => {
    for (let first = 1; first < 256; first++) {
      const outcome = decode([concat(ping(1), Uint8Array.of(first))])
      expect(outcome.frames).toHaveLength(1)
      expect(outcome.violation).toStrictEqual(new Violation('PAYLOAD_TOO_LARGE', 4_096))
    }
  })

  it('stays with its violation, whatever comes or changes', () => {
    const decoder = new FrameDecoder()
    decoder.push(rawHeader(0x03, 1, 4_097))
    const violation = decoder.next()
    expect(violation).toBeInstanceOf(Violation)
    decoder.maxPayload = 65_535
    decoder.push(concat(new Uint8Array(4_097), ping(1)))
    expect(decoder.next()).toBe(violation)
    expect(decoder.next()).toBe(violation)
  })

  describe('its memory', () => {
    it('grows with what arrives, not with what is announced', () => {
      const { largest } = byteCostOf(() => {
        const decoder = new FrameDecoder({ maxPayload: 65_535 })
        for (const chunk of byteByByte(concat(rawHeader(0x03, 1, 65_535), new Uint8Array(10)))) {
          decoder.push(chunk)
          decoder.next()
        }
      })
      expect(largest).toBeLessThan(100)
    })

    it('does not grow behind a violation', () => {
      const chunk = new Uint8Array(1_000).fill(0xff)
      const { allocated } = byteCostOf(() => {
        const decoder = new FrameDecoder()
        for (let round = 0; round < 1_000; round++) {
          decoder.push(chunk)
          decoder.next()
        }
      })
      expect(allocated).toBe(0)
    })

    it('is linear for large frames that arrive byte by byte', () => {
      const count = 5
      const stream = concat(
        ...Array.from({ length: count }, (_, index) => rawFrame(0x04, index, new Uint8Array(65_535))),
      )
      const chunks = byteByByte(stream)
      let frames = 0
      const { copied, allocated, largest } = byteCostOf(() => {
        const decoder = new FrameDecoder({ maxPayload: 65_535 })
        for (const chunk of chunks) {
          decoder.push(chunk)
          if (decoder.next()) frames++
        }
      })
      expect(frames).toBe(count)
      expect(copied).toBeLessThan(3 * stream.length)
      expect(allocated).toBeLessThan(5 * stream.length)
      expect(largest).toBeLessThan(3 * 65_543)
    })

    it('does not hold a large chunk for a few bytes at its end', () => {
      const chunk = concat(...Array.from({ length: 1_000 }, (_, index) => name(index + 1, 'Ada')), fromHex('00 00 03'))
      const { copied, largest } = byteCostOf(() => {
        const decoder = new FrameDecoder()
        decoder.push(chunk)
        while (decoder.next()) continue
      })
      expect(copied).toBe(3)
      expect(largest).toBe(6)
    })
  })
})

describe('a payload', () => {
  it('stays as it was while later chunks arrive', () => {
    const decoder = new FrameDecoder()
    const frames = Array.from({ length: 40 }, (_, index) => encodeFrame(Name, { name: `name ${index}` }, index + 1))
    const stream = Uint8Array.from(frames.flatMap((frame) => [...frame]))
    const payloads: Uint8Array[] = []
    for (let at = 0; at < stream.length; at += 11) {
      decoder.push(stream.slice(at, at + 11))
      for (let frame = decoder.next(); frame && 'payload' in frame; frame = decoder.next()) payloads.push(frame.payload)
    }
    expect(payloads.map((payload) => new TextDecoder().decode(payload))).toStrictEqual(
      frames.map((_, index) => `name ${index}`),
    )
  })
})
