/** Words for frames and bytes, as failures, wire logs and reports print them. Never prints a raw control character. */
import {
  Code,
  FrameType,
  HEADER_BYTES,
  Reason,
  readError,
  readGoodbye,
  readHello,
  readWelcome,
  type Frame,
} from './frame.ts'

/** Describes a frame in one line: `ERROR id=7 INVALID_NAME detail=0 "empty"`. */
export function describeFrame(frame: Frame): string {
  const head = `${typeName(frame.type)} id=${frame.id}`
  const fields = describeFields(frame)
  return fields === '' ? head : `${head} ${fields}`
}

/** Describes a frame that is not whole: `12 of 3,008 bytes of GREETING id=1`, or its bytes when its header is not whole either. */
export function describeBegun(begun: Buffer): string {
  if (begun.length < HEADER_BYTES) return `${begun.length} bytes of a header (${hex(begun)})`
  const size = HEADER_BYTES + begun.readUIntBE(0, 3)
  const bytes = `${begun.length.toLocaleString('en')} of ${size.toLocaleString('en')} bytes`
  return `${bytes} of ${typeName(begun.readUInt8(3))} id=${begun.readUInt32BE(4)}`
}

/** Names a frame type, with its number when the protocol does not assign it. */
export function typeName(type: number): string {
  return typeNames.get(type) ?? `type ${hexByte(type)}`
}

/** Names an error code, with its number when the protocol does not assign it. */
export function codeName(code: number): string {
  return codeNames.get(code) ?? `code 0x${code.toString(16).padStart(4, '0')}`
}

/** Prints a byte as `0x0a`. */
export function hexByte(byte: number): string {
  return `0x${byte.toString(16).padStart(2, '0')}`
}

/** Prints bytes as spaced hex, at most `limit` of them. */
export function hex(bytes: Uint8Array, limit = 64): string {
  const shown = Buffer.from(bytes.subarray(0, limit))
    .toString('hex')
    .replaceAll(/..(?!$)/g, '$& ')
  return bytes.length > limit ? `${shown} … (${bytes.length} bytes)` : shown
}

/** Quotes text of the peer with everything unprintable escaped, at most 120 characters. */
export function quote(bytes: Uint8Array): string {
  const text = JSON.stringify(Buffer.from(bytes).toString('utf8')).replaceAll(
    /[\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
  return text.length > 120 ? `${text.slice(0, 119)}…"` : text
}

function describeFields(frame: Frame): string {
  if (frame.type === FrameType.ERROR) {
    const fields = readError(frame)
    if (fields) return `${codeName(fields.code)} detail=${fields.detail} ${quote(fields.message)}`
  }
  if (frame.type === FrameType.WELCOME) {
    const fields = readWelcome(frame)
    if (fields)
      return `version=${fields.version} maxName=${fields.maxName} maxPayload=${fields.maxPayload} maxInFlight=${fields.maxInFlight} idleTimeoutMs=${fields.idleTimeoutMs} ${quote(fields.agent)}`
  }
  if (frame.type === FrameType.HELLO) {
    const fields = readHello(frame)
    if (fields)
      return `versions=${fields.minVersion}-${fields.maxVersion} maxPayload=${fields.maxPayload} ${quote(fields.agent)}`
  }
  if (frame.type === FrameType.GOODBYE) {
    const fields = readGoodbye(frame)
    if (fields) return `${reasonNames.get(fields.reason) ?? `reason ${fields.reason}`} ${quote(fields.message)}`
  }
  if (frame.type === FrameType.NAME || frame.type === FrameType.GREETING) return quote(frame.payload)
  return frame.payload.length === 0 ? '' : `${frame.payload.length} bytes: ${hex(frame.payload, 16)}`
}

const typeNames = new Map<number, string>(Object.entries(FrameType).map(([key, value]) => [value, key]))
const codeNames = new Map<number, string>(Object.entries(Code).map(([key, value]) => [value, key]))
const reasonNames = new Map<number, string>(Object.entries(Reason).map(([key, value]) => [value, key]))
