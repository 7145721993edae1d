/** Reads the test vectors of vectors/, each with its bytes. */

import { readdirSync, readFileSync } from 'node:fs'
import { fromHex } from './hex.ts'

/** A frame of a vector: `type`, `id`, and the fields of its payload. */
export interface VectorFrame {
  readonly type: string
  readonly id: number
  readonly error?: { readonly code: string; readonly detail: number }
  readonly [field: string]: unknown
}

/** A vector as vectors.schema.json describes it. */
export interface Vector<State = unknown> {
  readonly id: string
  readonly spec: readonly string[]
  readonly direction: 'client-to-server' | 'server-to-client'
  readonly state: State
  readonly bytes: string
  readonly result: 'accept' | 'reject'
  readonly frames: readonly VectorFrame[]
  readonly error?: { readonly code: string; readonly detail: number }
  readonly consumed: number
  readonly comment: string
  readonly roundTrip?: false
}

const folder = new URL('../vectors/', import.meta.url)

function readJson(file: string): unknown {
  return JSON.parse(readFileSync(new URL(file, folder), 'utf8'))
}

/** The JSON Schema that every file of vectors follows. */
export const vectorSchema = readJson('vectors.schema.json') as object

/** Every file of vectors, as it stands. */
export const vectorFiles = readdirSync(folder)
  .filter((file) => file.endsWith('.json') && file !== 'vectors.schema.json')
  .map((file) => ({ file, content: readJson(file) as { readonly vectors: readonly Vector[] } }))

/** Every vector of every file. */
export const allVectors = vectorFiles.flatMap(({ content }) => content.vectors)

/** The vectors that the other side of `direction` has to judge, each with its bytes. */
export function vectorsFrom<State>(
  direction: Vector['direction'],
): (Vector<State> & { readonly stream: Uint8Array })[] {
  const vectors = allVectors.filter((vector) => vector.direction === direction) as Vector<State>[]
  return vectors.map((vector) => ({ ...vector, stream: fromHex(vector.bytes) }))
}
