/**
 * Walks the fields of a message's schema once and returns its codec: the whole wire format of payloads in one place.
 *
 * A decoder reads `bytes[start, end)` and keeps no reference to it. An encoder appends to an OutputBuffer.
 */

import { MAX_PAYLOAD_CAP } from '../limits.ts'
import type { OutputBuffer } from '../bytes/output-buffer.ts'
import {
  decodePrintable,
  decodeText,
  encodeText,
  hasControlCharacter,
  maxEncodedBytes,
  repairText,
} from '../bytes/utf8.ts'
import type { Static, TProperties } from '../schema.ts'
import type { TextOptions, Wire } from './fields.ts'
import { UsageError } from './usage-error.ts'

/** Why a payload could not be decoded: the first field, in order, that broke a rule. */
export class BadPayload {
  readonly field: string
  readonly reason: 'length' | 'ill-formed' | 'control character'

  constructor(field: string, reason: BadPayload['reason']) {
    this.field = field
    this.reason = reason
  }
}

/** The codec of the text that ends a payload. */
export interface TextCodec {
  readonly field: string
  /** Decodes `bytes[start, end)`; undefined if a rule of the field is broken. */
  decode(bytes: Uint8Array, start: number, end: number): string | undefined
}

/** The payload of a message as a plain object. */
export type Payload<Fields extends TProperties> = { [Field in keyof Fields]: Static<Fields[Field]> }

/** The codec of one message. */
export interface PayloadCodec<Fields extends TProperties> {
  /** The shortest and the longest payload in bytes. */
  readonly minLength: number
  readonly maxLength: number
  /** The codec of the last field, if that is a text. */
  readonly text: TextCodec | undefined
  /** Appends the payload; throws UsageError, with nothing appended, if a field is not of its schema. */
  encode(message: Payload<Fields>, output: OutputBuffer): void
  decode(bytes: Uint8Array, start: number, end: number): Payload<Fields> | BadPayload
}

interface IntegerField {
  readonly field: string
  readonly width: 1 | 2 | 4
}

const WIDTHS: ReadonlyMap<Wire | undefined, IntegerField['width']> = new Map([
  ['uint8', 1],
  ['uint16', 2],
  ['uint32', 4],
])
// An object lists such keys first and in numeric order, wherever they were written.
const ARRAY_INDEX = /^\d+$/

/** Compiles the codec of the fields of a schema, in their order; `frame` names the message in errors. */
export function compileCodec<Fields extends TProperties>(frame: string, fields: Fields): PayloadCodec<Fields> {
  const { integers, text } = layOut(frame, fields)
  const fixedLength = integers.reduce((sum, { width }) => sum + width, 0)

  return {
    minLength: fixedLength,
    maxLength: fixedLength + (text?.maxBytes ?? 0),
    text,
    encode(message, output) {
      const values = message as Record<string, unknown>
      const begin = output.length
      try {
        for (const { field, width } of integers)
          appendInteger(output, checkInteger(frame, field, width, values[field]), width)
        if (text) appendText(frame, text, values[text.field], output)
      } catch (error) {
        output.length = begin
        throw error
      }
    },
    decode(bytes, start, end) {
      if (end - start < fixedLength || (!text && end - start > fixedLength)) return new BadPayload('payload', 'length')
      const message: Record<string, unknown> = {}
      let at = start
      for (const { field, width } of integers) {
        message[field] = readInteger(bytes, at, width)
        at += width
      }
      if (text) {
        if (end - at > text.maxBytes) return new BadPayload(text.field, 'length')
        const decoded = text.decode(bytes, at, end)
        if (decoded === undefined) return new BadPayload(text.field, reasonOf(bytes, at, end))
        message[text.field] = decoded
      }
      return message as Payload<Fields>
    },
  }
}

type TextField = TextCodec & Required<TextOptions>

function layOut(frame: string, fields: TProperties): { integers: IntegerField[]; text: TextField | undefined } {
  const integers: IntegerField[] = []
  let text: TextField | undefined
  for (const [field, property] of Object.entries(fields)) {
    if (text)
      throw new UsageError(
        `Cannot define ${frame}: field "${field}" follows the text "${text.field}", which must be last`,
      )
    if (ARRAY_INDEX.test(field))
      throw new UsageError(
        `Cannot define ${frame}: field "${field}" is named like an array index, so its place is not kept`,
      )
    const wire = property['wire'] as Wire | undefined
    const width = WIDTHS.get(wire)
    if (width) integers.push({ field, width })
    else if (wire === 'text') text = textField(field, property as TextOptions)
    else throw new UsageError(`Cannot define ${frame}: field "${field}" is not Uint8, Uint16, Uint32 or Text`)
  }
  return { integers, text }
}

function textField(field: string, options: TextOptions): TextField {
  const { maxBytes = MAX_PAYLOAD_CAP, controls = false, repair = false } = options
  const strict = (bytes: Uint8Array, start: number, end: number): string | undefined => {
    const printable = decodePrintable(bytes, start, end)
    if (printable !== undefined) return printable
    const text = decodeText(bytes, start, end)
    return text === undefined || (!controls && hasControlCharacter(text)) ? undefined : text
  }
  return { field, maxBytes, controls, repair, decode: repair ? repairText : strict }
}

/** Why a text that was refused broke the rules of its field. */
function reasonOf(bytes: Uint8Array, start: number, end: number): BadPayload['reason'] {
  return decodeText(bytes, start, end) === undefined ? 'ill-formed' : 'control character'
}

function readInteger(bytes: Uint8Array, at: number, width: number): number {
  let value = 0
  for (let index = at; index < at + width; index++) value = value * 256 + (bytes[index] as number)
  return value
}

function checkInteger(frame: string, field: string, width: number, value: unknown): number {
  const limit = 256 ** width - 1
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= limit) return value
  throw new UsageError(`Cannot encode ${frame}: ${field} is ${String(value)}, allowed is an integer from 0 to ${limit}`)
}

function appendInteger(output: OutputBuffer, value: number, width: number): void {
  const at = output.reserve(width)
  for (let index = 0; index < width; index++)
    output.bytes[at + index] = Math.floor(value / 256 ** (width - 1 - index)) % 256
  output.length = at + width
}

function appendText(
  frame: string,
  { field, maxBytes, controls }: TextField,
  value: unknown,
  output: OutputBuffer,
): void {
  if (typeof value !== 'string')
    throw new UsageError(`Cannot encode ${frame}: ${field} is ${typeof value}, allowed is a string`)
  if (!controls && hasControlCharacter(value))
    throw new UsageError(`Cannot encode ${frame}: ${field} holds a control character`)
  // UTF-8 never has fewer bytes than UTF-16 has units, so a far too long text is refused before room is made for it.
  if (value.length > maxBytes)
    throw new UsageError(`Cannot encode ${frame}: ${field} is at least ${value.length} bytes, limit is ${maxBytes}`)
  const at = output.reserve(maxEncodedBytes(value))
  const end = encodeText(value, output.bytes, at)
  if (end < 0) throw new UsageError(`Cannot encode ${frame}: ${field} holds a lone surrogate`)
  if (end - at > maxBytes)
    throw new UsageError(`Cannot encode ${frame}: ${field} is ${end - at} bytes, limit is ${maxBytes}`)
  output.length = end
}
