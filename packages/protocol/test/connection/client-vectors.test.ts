/** Runs every test vector that a server sends through ClientConnection, in the four ways of vectors/README.md. */

import { describe, expect, it } from 'vitest'
import { forEveryDelivery } from '../delivery.ts'
import { concat, rawFrame, uint16, uint32 } from '../raw-frames.ts'
import { type Vector, vectorsFrom } from '../test-vectors.ts'
import { ClientRecorder } from './client-recorder.ts'

interface State {
  readonly hello: { readonly maxPayload: number } | null
  readonly welcomed: boolean
  readonly lastId: number
  readonly unanswered: readonly number[]
  readonly cancelled?: readonly number[]
  readonly pings: readonly number[]
  readonly goodbye: number | null
  readonly failed: boolean
}

const vectors = vectorsFrom<State>('server-to-client')

const welcome = rawFrame(0x02, 0, concat(uint16(1), uint16(1_024), uint32(4_096), uint32(256), uint32(300_000)))
const grease = rawFrame(0x8a, 0)

/** A client in the state of a vector, with nothing written down yet. */
function inState({ state }: Vector<State>): ClientRecorder {
  const { hello, welcomed, lastId, unanswered, cancelled = [], pings, goodbye, failed } = state
  const recorder = new ClientRecorder(hello ? { maxPayload: hello.maxPayload } : { hello: false })
  const { connection } = recorder
  const ids = [...new Set([...unanswered, ...(lastId > 0 ? [lastId] : [])])].toSorted((one, other) => one - other)
  for (const id of ids) connection.greet('Ada', id)
  for (const id of cancelled) connection.cancel(id)
  for (const id of pings) connection.ping(id)
  recorder.sendAll()
  if (welcomed) connection.receive(welcome)
  if (lastId > 0 && !unanswered.includes(lastId)) connection.receive(rawFrame(0x04, lastId, 'x'))
  if (goodbye !== null) connection.receive(rawFrame(0x09, goodbye, uint16(1)))
  if (failed) connection.receive(rawFrame(0x05, 0, concat(uint16(1), uint32(0))))
  recorder.frames.length = 0
  return recorder
}

/** What a client made of the chunks: the frames it told of, and the violation it reports. */
function outcomeOf(vector: Vector<State>, chunks: readonly Uint8Array[]): object {
  const recorder = inState(vector)
  const { connection } = recorder
  const ended = connection.end !== undefined
  recorder.receiveAll(chunks)
  const { violation, end } = connection
  const frames = [...recorder.frames]
  if (!ended && end?.why === 'error') {
    const { code, detail, message } = end.error
    frames.push({ type: 'ERROR', id: 0, code, detail, message })
  }
  return { frames, error: violation && { code: violation.code, detail: violation.detail } }
}

/** What the vector wants, without what a client does not tell: ignorable frames, and answers of cancelled requests. */
function expectedOf({ frames, error, state: { cancelled = [] } }: Vector<State>): object {
  const told = frames.filter(({ type, id }) => type !== 'SKIPPED' && !cancelled.includes(id))
  return { frames: told, error }
}

it('finds the vectors', () => {
  expect(vectors.length).toBeGreaterThan(100)
})

describe.each(vectors)('$id', (vector) => {
  const { stream: bytes } = vector
  const expected = expectedOf(vector)

  it('gives its outcome whole, cut at every byte and byte by byte', () => {
    expect(forEveryDelivery(bytes, (chunks) => outcomeOf(vector, chunks))).toEqual(expected)
  })

  it('gives its outcome with trailing bytes', () => {
    expect(outcomeOf(vector, [concat(bytes, grease)])).toEqual(expected)
    expect(outcomeOf(vector, [concat(bytes, grease.subarray(0, 7))])).toEqual(expected)
  })

  it('decides at its last byte and not before', () => {
    const early = outcomeOf(vector, [bytes.subarray(0, vector.consumed - 1)])
    expect(early).toMatchObject({ error: undefined })
    expect(outcomeOf(vector, [bytes.subarray(0, vector.consumed)])).toEqual(expected)
  })
})
