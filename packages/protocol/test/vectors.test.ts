import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, it } from 'vitest'
import {
  BadPayload,
  decodePayload,
  encodeFrame,
  FrameDecoder,
  isIgnorable,
  MESSAGES,
  messageOfType,
  Violation,
} from '../src/index.ts'
import { fromHex, toHex } from './hex.ts'
import { concat, rawFrame } from './raw-frames.ts'
import { specExamples } from './spec-document.ts'
import { allVectors, type Vector, type VectorFrame, vectorFiles, vectorSchema } from './test-vectors.ts'

const requirements = new Set(
  Array.from(
    readFileSync(new URL('../SPEC.md', import.meta.url), 'utf8').matchAll(/^- \[(R-[0-9A-Z.]+-[0-9]+)\]/gm),
    ([, id]) => id,
  ),
)

describe('the test vectors', () => {
  const validate = new Ajv2020({ strictTypes: false, allErrors: true }).compile(vectorSchema)

  it.each(vectorFiles)('$file follows vectors.schema.json', ({ content }) => {
    validate(content)
    expect(validate.errors ?? []).toStrictEqual([])
  })

  it('have an id of their own', () => {
    const ids = allVectors.map(({ id }) => id)
    expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toStrictEqual([])
    expect(ids.length).toBeGreaterThan(500)
  })

  it('name requirements that the specification has', () => {
    const unknown = allVectors.flatMap(({ id, spec }) =>
      spec.filter((one) => !requirements.has(one)).map((one) => [id, one]),
    )
    expect(unknown).toStrictEqual([])
  })

  it('say how many bytes decide, at most all of them, all if they are accepted', () => {
    const wrong = allVectors.filter(({ bytes, result, consumed }) =>
      result === 'accept' ? consumed !== bytes.length / 2 : consumed < 1 || consumed > bytes.length / 2,
    )
    expect(wrong).toStrictEqual([])
  })

  it('hold every hex example of the specification, and call nothing else so', () => {
    const ours = allVectors
      .filter(({ id }) => id.startsWith('spec.'))
      .map(({ id, direction, bytes }) => ({ id, direction, bytes: toHex(fromHex(bytes)) }))
    const theirs = specExamples().map(({ id, direction, bytes }) => ({ id, direction, bytes: toHex(bytes) }))
    expect(ours).toStrictEqual(theirs)
  })
})

/** What FrameDecoder and the codecs alone make of a vector, with the ids and fields of its frames. */
function decode(bytes: Uint8Array): object[] {
  const decoder = new FrameDecoder({ maxPayload: 65_535 })
  decoder.push(bytes)
  const frames: object[] = []
  for (let frame = decoder.next(); frame; frame = decoder.next()) {
    if (frame instanceof Violation) throw new Error(`${frame.code} in an accepted vector`)
    const { type, id, payload } = frame
    const definition = messageOfType(type)
    if (definition === undefined) {
      if (!isIgnorable(type)) throw new Error(`The type ${type} in an accepted vector`)
      const hex = toHex(payload).replaceAll(' ', '')
      frames.push({ type: 'SKIPPED', typeNumber: type, id, payload: hex })
    } else {
      const message = decodePayload(definition, payload)
      frames.push({ type: definition.name, id, ...(message instanceof BadPayload ? { bad: message.field } : message) })
    }
  }
  expect(decoder.begun).toBe(false)
  return frames
}

function encode({ type, id, ...fields }: VectorFrame): Uint8Array {
  if (type === 'SKIPPED') return rawFrame(fields['typeNumber'] as number, id, fromHex(fields['payload'] as string))
  const definition = MESSAGES.find(({ name }) => name === type)
  if (!definition) throw new Error(`No message is called ${type}`)
  return encodeFrame(definition, fields as Parameters<typeof encodeFrame>[1], id)
}

/** A frame without its fields where the vector has an error in their place: that is the server's to find, not the decoder's. */
function comparable(decoded: readonly object[], frames: readonly VectorFrame[]): unknown[] {
  return decoded.map((frame, index) => (frames[index]?.error ? { ...frames[index] } : frame))
}

const accepted = allVectors.filter(({ result }) => result === 'accept')

describe('the accepted vectors', () => {
  it.each(accepted)('$id decodes to its frames', ({ bytes, frames }: Vector) => {
    const decoded = decode(fromHex(bytes))
    expect(decoded).toMatchObject(frames.map(({ type, id }) => ({ type, id })))
    expect(comparable(decoded, frames)).toStrictEqual(frames)
  })

  it.each(accepted.filter(({ roundTrip }) => roundTrip !== false))(
    '$id is what its frames encode to',
    ({ bytes, frames }: Vector) => {
      expect(concat(...frames.map(encode))).toStrictEqual(fromHex(bytes))
    },
  )
})
