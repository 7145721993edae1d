import { describe, expect, it } from 'vitest'
import {
  BadPayload,
  decodePayload,
  encodeFrame,
  type Frame,
  FrameDecoder,
  isIgnorable,
  messageOfType,
  Violation,
} from '../src/index.ts'
import { forEveryDelivery } from './delivery.ts'
import { concat } from './raw-frames.ts'
import { type SpecExample, specExamples } from './spec-document.ts'

function decode(chunks: readonly Uint8Array[]): (Frame | Violation)[] {
  const decoder = new FrameDecoder()
  const results: (Frame | Violation)[] = []
  for (const chunk of chunks) {
    decoder.push(chunk)
    for (let next = decoder.next(); next; next = decoder.next()) {
      results.push(next)
      if (next instanceof Violation) return results
    }
  }
  expect(decoder.begun).toBe(false)
  return results
}

/** Encodes a frame of the protocol again from its decoded fields. */
function encodeAgain({ type, id, payload }: Frame): Uint8Array {
  const definition = messageOfType(type)
  if (!definition) throw new Error(`No message has the type ${type}`)
  const message = decodePayload(definition, payload)
  if (message instanceof BadPayload) throw new Error(`${definition.name} is bad in ${message.field}`)
  return encodeFrame(definition, message, id)
}

const examples = specExamples()
const violations = examples.filter(({ comment }) => /^[A-Z_]+ at the/.test(comment ?? ''))
const legal = examples.filter((example) => !violations.includes(example))

describe('the hex examples of the specification', () => {
  it('are all found, each with an id of its own', () => {
    const ids = examples.map(({ id }) => id)
    expect(new Set(ids).size).toBe(ids.length)
    expect(ids.length).toBeGreaterThanOrEqual(18)
    for (const { direction } of examples) expect(['client-to-server', 'server-to-client']).toContain(direction)
  })

  it.each(legal)('$id is whole frames, and what the encoder makes of their fields', ({ bytes }: SpecExample) => {
    const frames = forEveryDelivery(bytes, decode) as Frame[]
    expect(frames.length).toBeGreaterThan(0)
    if (!frames.some(({ type }) => isIgnorable(type))) expect(concat(...frames.map(encodeAgain))).toStrictEqual(bytes)
  })

  it.each(violations.filter(({ comment }) => comment?.startsWith('PAYLOAD_TOO_LARGE')))(
    '$id is refused by the decoder alone',
    ({ bytes }: SpecExample) => {
      expect(forEveryDelivery(bytes, decode)).toStrictEqual([new Violation('PAYLOAD_TOO_LARGE', 4_096)])
    },
  )
})
