/**
 * Delivers bytes in every way a network may cut them: whole, byte by byte, and in two pieces at each place.
 *
 * Every chunk lies in a larger buffer of its own between guard bytes, so that a receiver which writes into a chunk, or behind
 * it, is found by `assertUntouched`.
 */

import { expect } from 'vitest'

/** One way to cut a byte stream. */
export interface Delivery {
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

/** Whole, byte by byte, and cut in two at each place. */
export function everyDelivery(bytes: Uint8Array): Delivery[] {
  const cuts = Array.from({ length: Math.max(bytes.length - 1, 0) }, (_, index) => index + 1)
  return [
    { name: 'whole', chunks: [chunkOf(bytes)] },
    { name: 'byte by byte', chunks: byteByByte(bytes) },
    ...cuts.map((place) => ({ name: `cut at ${place}`, chunks: cutAt(bytes, place) })),
  ]
}

/** Runs `receive` for every delivery of `bytes` and expects the same outcome each time; returns that outcome. */
export function forEveryDelivery<Outcome>(
  bytes: Uint8Array,
  receive: (chunks: readonly Uint8Array[]) => Outcome,
): Outcome {
  const [whole, ...others] = everyDelivery(bytes)
  const outcome = receive((whole as Delivery).chunks)
  assertUntouched(bytes, (whole as Delivery).chunks)
  for (const { name, chunks } of others) {
    expect(receive(chunks), name).toStrictEqual(outcome)
    assertUntouched(bytes, chunks)
  }
  return outcome
}

/** Expects that nobody wrote into the chunks of `bytes`, nor around them. */
function assertUntouched(bytes: Uint8Array, chunks: readonly Uint8Array[]): void {
  let at = 0
  for (const chunk of chunks) {
    const around = new Uint8Array(chunk.buffer)
    const intact =
      around.subarray(0, GUARD_BYTES).every((byte) => byte === GUARD) &&
      around.subarray(GUARD_BYTES + chunk.length).every((byte) => byte === GUARD) &&
      chunk.every((byte, index) => byte === bytes[at + index])
    if (!intact) throw new Error(`The receiver wrote into or around the chunk at byte ${at}`)
    at += chunk.length
  }
}
