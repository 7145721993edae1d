/**
 * Delivers bytes in every way a network may cut them: whole, byte by byte, and in two pieces at each place.
 *
 * Every chunk lies in a larger buffer of its own between guard bytes, so that a receiver which writes into a chunk, or behind
 * it, is found by `assertUntouched`.
 */

import { expect } from 'vitest'

/** One way to cut a byte stream. */
interface Delivery {
  readonly name: string
  readonly chunks: readonly Uint8Array[]
}

const GUARD = 0xa5
const GUARD_BYTES = 4

/** A copy of `bytes` between guard bytes. */
export function chunkOf(bytes: Uint8Array): Uint8Array {
  const around = new Uint8Array(bytes.length + 2 * GUARD_BYTES).fill(GUARD)
  around.set(bytes, GUARD_BYTES)
  return around.subarray(GUARD_BYTES, GUARD_BYTES + bytes.length)
}

/** Cuts `bytes` at the given places. */
export function cutAt(bytes: Uint8Array, ...places: readonly number[]): Uint8Array[] {
  const edges = [0, ...places, bytes.length]
  return edges.slice(1).map((end, index) => chunkOf(bytes.subarray(edges[index], end)))
}

/** Every byte as a chunk of its own. */
export function byteByByte(bytes: Uint8Array): Uint8Array[] {
  return Array.from(bytes, (byte) => chunkOf(Uint8Array.of(byte)))
}

/** Whole, byte by byte, and cut in two at each place, each made when it is its turn. */
export function* everyDelivery(bytes: Uint8Array): Generator<Delivery> {
  yield { name: 'whole', chunks: [chunkOf(bytes)] }
  yield { name: 'byte by byte', chunks: byteByByte(bytes) }
  for (let place = 1; place < bytes.length; place++) yield { name: `cut at ${place}`, chunks: cutAt(bytes, place) }
}

/** Runs `receive` for every delivery of `bytes` and expects the same outcome each time; returns that outcome. */
export function forEveryDelivery<Outcome>(
  bytes: Uint8Array,
  receive: (chunks: readonly Uint8Array[]) => Outcome,
): Outcome {
  let first: { outcome: Outcome } | undefined
  for (const { name, chunks } of everyDelivery(bytes)) {
    const outcome = receive(chunks)
    first ??= { outcome }
    expect(outcome, name).toStrictEqual(first.outcome)
    assertUntouched(bytes, chunks)
  }
  return (first as { outcome: Outcome }).outcome
}

/** Throws if somebody wrote into the chunks of `bytes`, or around them. */
function assertUntouched(bytes: Uint8Array, chunks: readonly Uint8Array[]): void {
  let at = 0
  for (const chunk of chunks) {
    const around = new Uint8Array(chunk.buffer)
    for (let index = 0; index < around.length; index++) {
      const inside = index - GUARD_BYTES
      const expected = inside >= 0 && inside < chunk.length ? bytes[at + inside] : GUARD
      if (around[index] !== expected) throw new Error(`The receiver wrote into or around the chunk at byte ${at}`)
    }
    at += chunk.length
  }
}
