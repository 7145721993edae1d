/** However a stream is cut, it means the same (R-5.3-6). */

import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FrameDecoder, Violation } from '../src/index.ts'
import { anyBytes, anyLines, inPieces, pieces, validFrames } from './arbitrary-streams.ts'
import { ServerDriver, TextDriver } from './connection/connection-driver.ts'
import { byteByByte, chunkOf } from './delivery.ts'
import { toHex } from './hex.ts'
import { concat } from './raw-frames.ts'

function decode(chunks: readonly Uint8Array[]): (string | Violation)[] {
  const decoder = new FrameDecoder()
  const results: (string | Violation)[] = []
  for (const chunk of chunks) {
    decoder.push(chunk)
    for (let next = decoder.next(); next; next = decoder.next()) {
      if (next instanceof Violation) return [...results, next]
      results.push(`${next.type} ${next.id} ${toHex(next.payload)}`)
    }
  }
  return results
}

/** Two places; a third of the requests is answered at once, a third when cancelled, the rest at the end. */
function serve(chunks: readonly Uint8Array[], fin: boolean): unknown[] {
  const driver = new ServerDriver({ maxInFlight: 2 })
  driver.onGreet = (id) => (id % 3 === 0 ? `Hello ${id}` : undefined)
  driver.onCancel = (id) => (id % 3 === 1 ? { code: 'CANCELLED' } : undefined)
  driver.receive(...chunks)
  if (fin) driver.end()
  const before = driver.seen
  for (let id = 1; id <= 60; id++) driver.greetAll(id)
  return [before, driver.seen]
}

function serveText(chunks: readonly Uint8Array[], fin: boolean, maxName: number): unknown[] {
  const driver = new TextDriver({ maxInFlight: 2, maxName })
  driver.onGreet = (id, name) => (id % 3 === 0 ? `Hello ${name}` : undefined)
  driver.receive(...chunks)
  if (fin) driver.end()
  const before = driver.seen
  for (let id = 1; id <= 200; id++) driver.reply([id, `Hello ${id}`])
  return [before, driver.seen]
}

/** Expects the same of `receive` for the whole stream, for its pieces and for its bytes. */
function same(
  stream: Uint8Array,
  lengths: readonly number[],
  receive: (chunks: readonly Uint8Array[]) => unknown,
): void {
  const whole = receive([chunkOf(stream)])
  expect(receive(inPieces(stream, lengths))).toStrictEqual(whole)
  expect(receive(byteByByte(stream))).toStrictEqual(whole)
}

const RUNS = { numRuns: 300 }

describe('however it is cut', () => {
  it('a valid stream gives its frames, one by one', () => {
    fc.assert(
      fc.property(validFrames, pieces, (frames, lengths) => {
        const stream = concat(...frames)
        same(stream, lengths, decode)
        expect(decode([stream])).toHaveLength(frames.length)
      }),
      RUNS,
    )
  })

  it('a valid stream gives the same output of a server, and no violation', () => {
    fc.assert(
      fc.property(validFrames, pieces, fc.boolean(), (frames, lengths, fin) => {
        const stream = concat(...frames)
        same(stream, lengths, (chunks) => serve(chunks, fin))
        const [, seen] = serve([stream], fin) as { state: string; frames: string[] }[]
        expect(['FRESH', 'OPEN', 'CLOSED']).toContain(seen?.state)
        expect(seen?.frames.filter((frame) => frame.startsWith('ERROR 0'))).toStrictEqual([])
      }),
      RUNS,
    )
  })

  it('a stream of any bytes gives the same frames and violation', () => {
    fc.assert(
      fc.property(anyBytes, pieces, (stream, lengths) => same(stream, lengths, decode)),
      RUNS,
    )
  })

  it('a stream of any bytes gives the same output of a server', () => {
    fc.assert(
      fc.property(anyBytes, pieces, fc.boolean(), (stream, lengths, fin) =>
        same(stream, lengths, (chunks) => serve(chunks, fin)),
      ),
      RUNS,
    )
  })

  it.each([1, 10, 1_024])('lines of any bytes give the same output of a text server whose maxName is %i', (maxName) => {
    fc.assert(
      fc.property(anyLines, pieces, fc.boolean(), (stream, lengths, fin) =>
        same(stream, lengths, (chunks) => serveText(chunks, fin, maxName)),
      ),
      RUNS,
    )
  })
})
