/** Runs every test vector that a client sends through ServerConnection, in the four ways of vectors/README.md. */

import { describe, expect, it } from 'vitest'
import { cutAt, forEveryDelivery } from '../delivery.ts'
import { concat, hello, name, ping, utf8 } from '../raw-frames.ts'
import { type Vector, type VectorFrame, vectorsFrom } from '../test-vectors.ts'
import { ServerDriver } from './connection-driver.ts'
import { fatal } from './frame-words.ts'

interface State {
  readonly name: 'FRESH' | 'OPEN'
  readonly last?: number
  readonly inFlight?: readonly number[]
  readonly limits?: { readonly maxPayload: number; readonly maxName: number }
}

const vectors = vectorsFrom<State>('client-to-server')

/** A server's connection in the state of a vector. */
function inState({ state }: Vector<State>): ServerDriver {
  const driver = new ServerDriver(state.limits)
  const { last = 0, inFlight = [] } = state
  if (state.name === 'OPEN' && last === 0) driver.receive(hello())
  const ids = [...new Set([...inFlight, ...(last > 0 ? [last] : [])])].toSorted((one, other) => one - other)
  for (const id of ids) driver.receive(name(id, 'Ada'))
  driver.greetAll(...ids.filter((id) => !inFlight.includes(id)))
  return driver
}

/** What a server made of chunks: what it wrote at once, what it asked of its handler, and what it writes when all is answered. */
interface Outcome {
  readonly atOnce: readonly string[]
  readonly asked: readonly string[]
  readonly inTheEnd: readonly string[]
}

function outcomeOf(vector: Vector<State>, chunks: readonly Uint8Array[]): Outcome {
  const driver = inState(vector)
  const { length: written } = driver.frames
  const { length: asked } = driver.asked
  driver.receive(...chunks)
  const atOnce = driver.frames.slice(written)
  const askedNow = driver.asked.slice(asked)
  driver.greetAll(...inFlightAfter(vector))
  return { atOnce, asked: askedNow, inTheEnd: driver.frames.slice(written + atOnce.length) }
}

/** The ids that have no terminal frame behind the frames of a vector. The handler of the tests lets nothing go at a CANCEL. */
function inFlightAfter({ state, frames }: Vector<State>): number[] {
  const taken = frames.filter(({ type, error }) => type === 'NAME' && !error)
  return [...(state.inFlight ?? []), ...taken.map(({ id }) => id)]
}

const WELCOME = expect.stringMatching(/^WELCOME 0 /) as string

function wordsOf(frame: VectorFrame): string[] {
  if (frame.error) return [`ERROR ${frame.id} ${frame.error.code} ${frame.error.detail}`]
  if (frame.type === 'HELLO') return [WELCOME]
  return frame.type === 'PING' ? [`PONG ${frame.id}`] : []
}

/** What README.md says of a vector, in the words of an outcome. */
function expectedOf(vector: Vector<State>, ...trailing: VectorFrame[]): Outcome {
  const { frames, error, state } = vector
  const all = [...frames, ...trailing]
  const inFlight = new Set(state.inFlight)
  const asked: string[] = []
  for (const frame of all) {
    if (frame.type === 'CANCEL' && inFlight.has(frame.id)) asked.push(`cancel ${frame.id}`)
    if (frame.type !== 'NAME' || frame.error) continue
    inFlight.add(frame.id)
    asked.push(`greet ${frame.id} ${String(frame['name'])}`)
  }
  const answers = [...inFlight].map((id) => `GREETING ${id} "Hello ${id}"`)
  const end = error ? [fatal(error.code, error.detail)] : []
  const atOnce = all.flatMap(wordsOf)
  // The ERROR with id 0 waits for the requests that were taken.
  return inFlight.size > 0
    ? { atOnce, asked, inTheEnd: [...answers, ...end] }
    : { atOnce: [...atOnce, ...end], asked, inTheEnd: [] }
}

/** Whether a server that got these bytes has found a violation. */
function hasFailed(vector: Vector<State>, bytes: Uint8Array): boolean {
  const { state } = inState(vector).receive(bytes).connection
  return state === 'FAILING' || state === 'LINGERING'
}

it('finds the vectors', () => {
  expect(vectors.length).toBeGreaterThan(300)
})

it.each(vectors)('$id gives its outcome whole, cut at every byte and byte by byte', (vector) => {
  const outcome = forEveryDelivery(vector.stream, (chunks) => outcomeOf(vector, chunks))
  expect(outcome).toStrictEqual(expectedOf(vector))
})

describe.each(vectors.filter(({ result }) => result === 'accept'))('$id', (vector) => {
  const { stream } = vector

  it('gives its outcome, and that of the PING behind it', () => {
    const expected = expectedOf(vector, { type: 'PING', id: 0 })
    expect(outcomeOf(vector, [concat(stream, ping(0))])).toStrictEqual(expected)
    expect(outcomeOf(vector, cutAt(concat(stream, ping(0)), stream.length))).toStrictEqual(expected)
  })

  it('gives its outcome in front of a frame that is begun', () => {
    const trailing = concat(stream, ping(0).subarray(0, 7))
    expect(outcomeOf(vector, [trailing])).toStrictEqual(expectedOf(vector))
    expect(hasFailed(vector, trailing)).toBe(false)
  })
})

describe.each(vectors.filter(({ result }) => result === 'reject'))('$id', (vector) => {
  const { stream, consumed } = vector

  it('gives its outcome, whatever follows', () => {
    for (const trailing of [ping(0), name(0xffff_ffff, 'Eve'), utf8('GET / HTTP/1.1')]) {
      expect(outcomeOf(vector, [concat(stream, trailing)])).toStrictEqual(expectedOf(vector))
    }
  })

  it('is decided by its consumed bytes and not before', () => {
    expect(hasFailed(vector, stream.subarray(0, consumed - 1))).toBe(false)
    expect(hasFailed(vector, stream.subarray(0, consumed))).toBe(true)
    expect(outcomeOf(vector, [stream.subarray(0, consumed)])).toStrictEqual(expectedOf(vector))
  })
})
