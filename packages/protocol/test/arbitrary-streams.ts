/** Byte streams for property tests: what a client may send, what nobody should, and the ways to cut both. */

import * as fc from 'fast-check'
import { chunkOf } from './delivery.ts'
import { cancel, concat, hello, name, ping, rawFrame, rawHeader, utf8 } from './raw-frames.ts'

const TYPE_OFFSET = 3
const NAME = 0x03

const anyText = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.constantFrom('Ada', 'Zoë 😀', '', '\t', 'x'.repeat(1_024), 'x'.repeat(1_025)),
)
const smallId = fc.integer({ min: 0, max: 8 })
const ignorable = fc
  .record({ type: fc.integer({ min: 0x80, max: 0xff }), id: smallId, payload: fc.uint8Array({ maxLength: 20 }) })
  .map(({ type, id, payload }) => rawFrame(type, id, payload))

/** Makes a frame that a client may send, given an id that is free and the last id that was used. */
const step = fc.oneof(
  { weight: 4, arbitrary: anyText.map((text) => (id: number) => name(id, text)) },
  { weight: 2, arbitrary: fc.uint8Array({ maxLength: 12 }).map((bytes) => (id: number) => name(id, bytes)) },
  {
    weight: 2,
    arbitrary: smallId.map((back) => (_: number, last: number) => (last > back ? cancel(last - back) : ping(back))),
  },
  { weight: 1, arbitrary: smallId.map((id) => () => ping(id)) },
  { weight: 1, arbitrary: ignorable.map((frame) => () => frame) },
)

/** Frames that a server has to accept, with ids that rise from 1. */
export const validFrames = fc
  .record({ opening: fc.boolean(), steps: fc.array(step, { maxLength: 25 }) })
  .map(({ opening, steps }) => {
    const frames = opening ? [hello({ maxPayload: 5_000 })] : []
    let last = 0
    for (const [index, frame] of steps.entries()) {
      const next = frame(index + 1, last)
      if (next[TYPE_OFFSET] === NAME) last = index + 1
      frames.push(next)
    }
    return frames
  })

const anyHeader = fc
  .record({ type: fc.integer({ min: 0, max: 255 }), id: smallId, length: fc.integer({ min: 0, max: 70_000 }) })
  .map(({ type, id, length }) => rawHeader(type, id, length))
const anyFrame = fc
  .record({ type: fc.integer({ min: 0, max: 12 }), id: smallId, payload: fc.uint8Array({ maxLength: 20 }) })
  .map(({ type, id, payload }) => rawFrame(type, id, payload))
const fragment = fc.oneof(
  fc.uint8Array({ maxLength: 40 }),
  anyHeader,
  anyFrame,
  ignorable,
  validFrames.map((frames) => concat(...frames)),
  fc.constantFrom('GET / HTTP/1.1\r\n', 'Ada\r\n', '\n', '\0', 'CONNECT ', 'x'.repeat(1_025)).map(utf8),
)

/** Any bytes, most of them close to what is legal. */
export const anyBytes = fc.array(fragment, { maxLength: 8 }).map((fragments) => concat(...fragments))

/** Lines for the text port, some too long, some invalid, some like HTTP. */
export const anyLines = fc
  .array(
    fc.oneof(
      anyText.map(utf8),
      fc.constantFrom('\n', '\r\n', '\0', '\r', 'GET', ' /', 'CONNECT', ' ', '\u0016', 'Ada', 'x'.repeat(40)).map(utf8),
      fc.uint8Array({ maxLength: 6 }),
    ),
    { maxLength: 20 },
  )
  .map((parts) => concat(...parts))

/** The lengths of pieces, in turn. */
export const pieces = fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 10 })

/** Cuts `bytes` into pieces of these lengths, again and again until nothing is left. */
export function inPieces(bytes: Uint8Array, lengths: readonly number[]): Uint8Array[] {
  const chunks: Uint8Array[] = []
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const length = lengths[turn % lengths.length] as number
    chunks.push(chunkOf(bytes.subarray(at, at + length)))
    at += length
  }
  return chunks
}
