/** Takes one frame apart into its fields, byte by byte, each with its value and what is wrong with it. Pure. */

import {
  decodePayload,
  errorName,
  goodbyeReason,
  GREASE_TYPES,
  HEADER_BYTES,
  isIgnorable,
  type MessageDefinition,
  messageOfType,
  BadPayload,
} from '@greetwire/protocol'
import { quotedText } from '../printable-text.ts'
import { payloadLayout } from './frame-layout.ts'
import { type FrameProblem, headerProblem, payloadProblem, type Sender, senderOf } from './frame-problem.ts'

/** One field of a frame. The bytes of all fields, in order, are the frame. */
export interface DescribedField {
  readonly name: string
  readonly bytes: Uint8Array
  /** The value as text that is safe to show. */
  readonly text: string
}

/** A frame taken apart. */
export interface FrameDescription {
  /** NAME, GREETING …, or UNKNOWN, PRIVATE, IGNORABLE or GREASE for a type that this protocol does not define. */
  readonly name: string
  readonly type: number
  readonly id: number
  /** Of the payload, in bytes. */
  readonly length: number
  /** Undefined where either side may send it. */
  readonly from: Sender | undefined
  readonly fields: readonly DescribedField[]
  /** The values of the payload; undefined if it cannot be decoded or its type is unknown. */
  readonly values: Readonly<Record<string, unknown>> | undefined
  readonly problem: FrameProblem | undefined
}

/** Describes a whole frame, header and payload; `from` is who sent it, if that is known. */
export function describeFrame(frame: Uint8Array, from?: Sender): FrameDescription {
  const header = readHeader(frame)
  const definition = messageOfType(header.type)
  return definition ? describeKnown(frame, header, definition, from) : describeUnknown(frame, header, from)
}

/** The numbers of a header; `frame` holds at least its eight bytes. */
export function readHeader(frame: Uint8Array): { length: number; type: number; id: number } {
  const view = new DataView(frame.buffer, frame.byteOffset, HEADER_BYTES)
  return { length: view.getUint32(0) >>> 8, type: view.getUint8(3), id: view.getUint32(4) }
}

type Header = ReturnType<typeof readHeader>

function describeKnown(
  frame: Uint8Array,
  header: Header,
  definition: MessageDefinition,
  from: Sender | undefined,
): FrameDescription {
  const { name } = definition
  const layout = payloadLayout(definition)
  const payload = frame.subarray(HEADER_BYTES)
  const problem = headerProblem(definition, layout, header, from)
  const fitsLayout = payload.length >= layout.minLength && payload.length <= layout.maxLength
  const decoded = fitsLayout ? decodePayload(definition, payload) : undefined
  const values = decoded instanceof BadPayload ? undefined : decoded
  return {
    name,
    ...header,
    from: from ?? senderOf(definition),
    fields: [
      ...headerFields(frame, header, name),
      ...(fitsLayout ? payloadFields(payload, definition, values) : restField('payload', payload)),
    ],
    values,
    problem: problem ?? (decoded && payloadProblem(name, header.id, decoded)),
  }
}

function describeUnknown(frame: Uint8Array, header: Header, from: Sender | undefined): FrameDescription {
  const [name, meaning] = unknownKind(header.type)
  const problem = isIgnorable(header.type)
    ? undefined
    : { code: 'UNKNOWN_TYPE' as const, field: 'type', message: meaning }
  return {
    name,
    ...header,
    from,
    fields: [...headerFields(frame, header, name), ...restField('payload', frame.subarray(HEADER_BYTES))],
    values: undefined,
    problem,
  }
}

function unknownKind(type: number): [name: string, meaning: string] {
  if (GREASE_TYPES.includes(type)) return ['GREASE', 'skipped']
  if (isIgnorable(type)) return ['IGNORABLE', 'skipped']
  if (type >= 0x40) return ['PRIVATE', 'private use; only a receiver that defines it takes it']
  return ['UNKNOWN', 'this version does not define it']
}

function headerFields(frame: Uint8Array, { length, type, id }: Header, name: string): DescribedField[] {
  return [
    { name: 'length', bytes: frame.subarray(0, 3), text: String(length) },
    { name: 'type', bytes: frame.subarray(3, 4), text: `${hexNumber(type, 1)} ${name}` },
    { name: 'id', bytes: frame.subarray(4, HEADER_BYTES), text: String(id) },
  ]
}

function payloadFields(
  payload: Uint8Array,
  definition: MessageDefinition,
  values: Readonly<Record<string, unknown>> | undefined,
): DescribedField[] {
  let at = 0
  return payloadLayout(definition).fields.map(({ name, width }) => {
    const bytes = payload.subarray(at, width === 'rest' ? undefined : at + width)
    at += bytes.length
    if (width === 'rest') {
      const value = values?.[name]
      return { name, bytes, text: value === undefined ? 'ill-formed' : quotedText(value as string) }
    }
    const value = bytes.reduce((sum, byte) => sum * 256 + byte, 0)
    return { name, bytes, text: integerText(definition.name, name, value, width) }
  })
}

/** Codes are written in hex with their names, as the specification writes them; everything else in decimal. */
function integerText(frame: string, field: string, value: number, width: number): string {
  if (frame === 'ERROR' && field === 'code') return `${hexNumber(value, width)} ${errorName(value) ?? 'unknown code'}`
  if (frame === 'GOODBYE' && field === 'reason')
    return `${hexNumber(value, width)} ${goodbyeReason(value) ?? 'unknown reason'}`
  return String(value)
}

function restField(name: string, bytes: Uint8Array): DescribedField[] {
  return bytes.length === 0 ? [] : [{ name, bytes, text: `${bytes.length} bytes` }]
}

function hexNumber(value: number, width: number): string {
  return `0x${value
    .toString(16)
    .toUpperCase()
    .padStart(2 * width, '0')}`
}
